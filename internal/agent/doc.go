// Package agent is the domain of the AI agent. It knows no provider, no HTTP and no
// library of the outside: a language model is whatever implements [Model].
package agent
