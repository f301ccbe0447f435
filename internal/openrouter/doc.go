// Package openrouter is an [agent.Model] on OpenRouter or any server that speaks OpenAI's
// chat completions, as vLLM, Ollama, LiteLLM and OpenAI itself do.
//
// The library openai-go does parameters, authentication, transport and the decoding of
// server-sent events. The chunks are read here: its accumulator and its Stream lose or mix
// a third of what real providers send, and take a broken answer for a whole one. The
// reader takes each chunk for a hint: no field is required, no type is trusted, and all
// that is kept is bounded.
//
// An answer is whole if a chunk had a finish_reason, or [DONE] came. All else is an error
// that says so.
package openrouter
