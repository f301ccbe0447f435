// Package llmtest is a language model's server without a model: it speaks OpenAI's chat
// completions, as OpenRouter extends them, over real HTTP and server-sent events. Answers
// are scripts, byte for byte, so that it can misbehave as real providers do. In strict
// mode it refuses requests that the strictest provider would refuse.
//
// Tests use it, and `kalpana dev fake-llm`, with which the product can be tried without
// a key. It imports nothing of the product.
package llmtest
