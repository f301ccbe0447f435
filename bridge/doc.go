// Package bridge is the protocol between Kalpana and the bridge, the program that runs
// inside every workspace. It holds the words both sides use and nothing that runs: the
// server is bridge/bridgeserver, the client bridge/bridgeclient.
//
// # Transport
//
// The bridge listens on port 3001 of the container (this protocol) and on port 8080
// (the editor, proxied). It answers 401 to every request on either that lacks the
// workspace's key in the header [KeyHeader]; only the gateway knows the key.
//
//	GET /healthz   200 {"status":"ok"} as soon as the bridge is up
//	GET /readyz    200 {"status":"ready"} when the editor shows its page, else 503
//	GET /          WebSocket: one JSON text message per request, answer or event
//
// HTTP errors are RFC 9457 problems with a stable code, such as "unauthorized".
//
// # Messages
//
// A request has an id of the client's choice, unique among its unanswered ones:
//
//	→ {"id":"1","type":"ping"}
//	← {"id":"1","success":true,"payload":{}}
//
//	→ {"id":"2","type":"writeFile","payload":{"path":"src/a.txt","content":"hello\n"}}
//	← {"id":"2","success":true,"payload":{"path":"src/a.txt","size":6,"modifiedAt":"2026-01-02T15:04:05.5Z"}}
//
//	→ {"id":"3","type":"readFile","payload":{"path":"src/a.txt"}}
//	← {"id":"3","success":true,"payload":{"path":"src/a.txt","content":"hello\n","encoding":"utf-8","size":6,"modifiedAt":"2026-01-02T15:04:05.5Z"}}
//
//	→ {"id":"4","type":"listFiles","payload":{"path":"src"}}
//	← {"id":"4","success":true,"payload":{"entries":[{"name":"a.txt","path":"src/a.txt","type":"file","size":6,"modifiedAt":"2026-01-02T15:04:05.5Z"}],"truncated":false}}
//
// Every request gets exactly one answer; answers come in the order in which the work
// ends. What goes wrong is told by code and message:
//
//	→ {"id":"5","type":"readFile","payload":{"path":"../etc/passwd"}}
//	← {"id":"5","success":false,"error":{"code":"outside_workspace","message":"…"}}
//
// A message that holds no usable id is answered with an empty one:
//
//	→ {"id":7}
//	← {"id":"","success":false,"error":{"code":"bad_request","message":"…"}}
//
// A request that is still running is stopped by naming its id once more. The request
// itself is then answered with code "cancelled"; the cancel has no answer of its own:
//
//	→ {"id":"4","type":"cancel"}
//	← {"id":"4","success":false,"error":{"code":"cancelled","message":"…"}}
//
// Types that stream send events under the request's id before the answer:
//
//	← {"id":"6","event":"output","payload":{…}}
//
// Members that a receiver does not know are ignored, so that either side may be newer.
//
// # Paths
//
// Paths are relative to the workspace folder, with "/" between elements. Absolute
// paths, ".." elements and symbolic links that lead out are refused.
package bridge
