// Package http1 is an HTTP/1.1 client for servers behind a proxy: an [http.RoundTripper]
// that does what net/http's Transport does for such servers, at less than half the cost.
//
// Transport has two goroutines for each connection and hands every request through four
// channels. Here the goroutine that asks also writes and reads; only a request's body is
// written by one of its own, because a server may answer before it has read it. Parsing is
// net/http's: [http.ReadResponse] decides what a response is, so both clients agree about
// every malformed one, and about where a body ends.
//
// What it leaves out, because a proxy has no use for it: redirects, cookies, proxies, TLS,
// HTTP/2, compression, switched protocols (101 is an error here), trailers of requests and
// what is said about early responses (1xx), which are passed over.
// It writes the headers it is given and adds only what the connection itself needs; there
// is no User-Agent of its own.
package http1
