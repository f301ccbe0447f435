// Package bridge is the protocol between Kalpana and the bridge, the program that runs
// inside every workspace. It holds the words both sides use and nothing that runs: the
// server is bridge/bridgeserver, the client bridge/bridgeclient. This comment is the whole
// specification of kalpana.bridge.v1; testdata/*.txt are conversations that the tests
// replay.
//
// # Transport
//
// The bridge listens on port 3001 of the container (this protocol) and on port 8080
// (the editor, proxied). It answers 401 to every request on either that lacks the
// workspace's key in the header [KeyHeader]; only the gateway knows the key. Clients reach
// port 3001 as https://<id>.agent.<domain>/ with an API token ("Authorization: Bearer
// kal_…"), which the gateway checks and exchanges for the key.
//
//	GET /            WebSocket: the messages below
//	/mcp             the same operations as MCP tools (streamable HTTP, without sessions)
//	GET /tcp/{port}  a connection to a port inside; see "Ports"
//	GET /activity    200 [Activity]: what keeps the workspace in use
//	GET /healthz     200 {"status":"ok"} as soon as the bridge is up
//	GET /readyz      200 {"status":"ready"} when the editor shows its page, else 503
//
// HTTP errors are RFC 9457 problems with a stable code, such as "unauthorized".
//
// # Messages
//
// Each text message is one JSON object. A request has an id of the client's choice, unique
// among its unanswered ones:
//
//	→ {"id":"1","type":"ping"}
//	← {"id":"1","success":true,"payload":{}}
//
//	→ {"id":"2","type":"writeFile","payload":{"path":"src/a.txt","content":"hello\n"}}
//	← {"id":"2","success":true,"payload":{"path":"src/a.txt","size":6,"modifiedAt":"2026-01-02T15:04:05.5Z","hash":"5891…","created":true}}
//
// Every request gets exactly one answer; answers come in the order in which the work
// ends. What goes wrong is told by a stable code and a message for people:
//
//	→ {"id":"3","type":"readFile","payload":{"path":"../etc/passwd"}}
//	← {"id":"3","success":false,"error":{"code":"outside_workspace","message":"…"}}
//
// A message that holds no usable id is answered with an empty one:
//
//	→ {"id":7}
//	← {"id":"","success":false,"error":{"code":"bad_request","message":"…"}}
//
// Members that a receiver does not know are ignored, so that either side may be newer. A
// type it does not know is answered with "unknown_type".
//
// # Events and cancelling
//
// Types that stream send events under the request's id before the answer, numbered from 1
// without gaps:
//
//	→ {"id":"4","type":"runCommand","payload":{"command":"make"}}
//	← {"id":"4","event":"started","seq":1,"payload":{"processId":"k3fq2a-1","pid":42,"command":"make",…}}
//	← {"id":"4","event":"output","seq":2,"payload":{"stream":"stdout","data":"cc a.c\n","encoding":"utf-8","fromByte":0}}
//	← {"id":"4","success":true,"payload":{"processId":"k3fq2a-1","running":false,"exitCode":0,"output":"cc a.c\n","durationMillis":310}}
//
// A request that is still running is stopped by naming its id once more. The request
// itself is then answered with code "cancelled", within two seconds, and what it had
// started is gone; the cancel has no answer of its own, and one that comes too late no
// effect:
//
//	→ {"id":"4","type":"cancel"}
//	← {"id":"4","success":false,"error":{"code":"cancelled","message":"…"}}
//
// The end of a connection cancels its requests. Processes in the background and terminals
// go on: attachProcess shows their output from any byte on that is still in the buffer.
//
// # Version and hello
//
// A client may offer the WebSocket subprotocol [Subprotocol]. The bridge then speaks first:
//
//	← {"event":"hello","payload":{"version":1,"bridge":"…","root":"/workspace","types":["attachProcess",…],"limits":{…}}}
//
// A client that offers none gets no hello and is served the same. One that offers only
// others is closed with 4000. New members and types come without a new version.
//
// # Back-pressure
//
// A request with "window":N lets at most N bytes of event payloads be under way: the
// bridge stops when they are used up, and stops what it reads from, until the client
// acknowledges some:
//
//	→ {"id":"5","type":"attachProcess","payload":{"processId":"k3fq2a-1"},"window":65536}
//	← {"id":"5","event":"output","seq":1,"payload":{…}}
//	→ {"id":"5","type":"ack","payload":{"bytes":4120}}
//
// Bytes are those of the payload's JSON as it was sent. A payload larger than what is left
// is sent all the same if anything is left. Without a window a slow client holds up its own
// connection only.
//
// # Streams
//
// Contents larger than [MaxInlineBytes], or of terminals, go in binary messages (see
// [Frame]) when "binary":true is set. The bridge names the stream first:
//
//	→ {"id":"6","type":"readFile","payload":{"path":"video.mp4","binary":true}}
//	← {"id":"6","event":"stream","seq":1,"payload":{"stream":1,"window":262144,"size":-1}}
//	← 01 00 00000001 …            a frame of stream 1
//	→ {"id":"6","type":"ack","payload":{"bytes":65536}}
//	← 01 01 00000001              the last frame
//	← {"id":"6","success":true,"payload":{"path":"video.mp4","content":"",…}}
//
// The other way round the client sends the frames, and the bridge acknowledges:
//
//	→ {"id":"7","type":"writeFile","payload":{"path":"video.mp4","binary":true}}
//	← {"id":"7","event":"stream","seq":1,"payload":{"stream":2,"window":262144,"size":-1}}
//	→ 01 00 00000002 …
//	← {"id":"7","event":"ack","seq":2,"payload":{"bytes":131072}}
//	→ 01 01 00000002 …
//	← {"id":"7","success":true,"payload":{"path":"video.mp4","size":1048576,…}}
//
// More than the window is refused with "flow_control". Frames of a stream that is over are
// dropped.
//
// # Limits and ends
//
// limits.go has all limits. A message over [MaxMessageBytes] closes the connection with
// 1009. A connection that does not answer a ping of the bridge until the next one, or does
// not take a message in within [WriteTimeout], is closed. Close codes: 1000 and 1001 the
// end, 1009 too long, 1012 the bridge ends (it comes back with the workspace), 4000 no
// common version; the gateway adds 4401 signed out and 4403 no longer allowed.
//
// # Paths
//
// Paths are relative to the workspace folder, with "/" between elements; an absolute path
// of something in that folder is taken, too. Others, ".." elements and symbolic links that
// lead out are refused.
//
// # Trying and showing
//
// writeFile and editFile with "dryRun":true check everything, answer as if they had been
// done, errors included, and change nothing. editFile, and writeFile with "diff":true, tell
// what they change, or would:
//
//	→ {"id":"8","type":"editFile","payload":{"path":"a.txt","edits":[{"oldText":"two","newText":"2"}],"dryRun":true}}
//	← {"id":"8","success":true,"payload":{"path":"a.txt",…,"added":1,"removed":1,"diff":"--- a/a.txt\n…","replaced":1}}
//
// openEditor shows a file at a line in the page of the editor that was opened last, as
// `code -g FILE:LINE` in a terminal does, or is answered with "no_editor":
//
//	→ {"id":"9","type":"openEditor","payload":{"path":"src/a.txt","line":12}}
//	← {"id":"9","success":true,"payload":{}}
//
// With {"terminal":true} instead of a path it shows the editor's terminal.
//
// editorState tells what the page of the editor shows that was used last, and where the
// cursor is; nothing if no page is open:
//
//	→ {"id":"9","type":"editorState"}
//	← {"id":"9","success":true,"payload":{"files":[{"path":"src/a.txt","active":true,"line":12}],"at":"2026-01-02T15:04:05.5Z"}}
//
// # Repositories and credentials
//
// cloneRepository tells its progress, and leaves nothing when it fails. unpushed tells what
// is only in the workspace, setIdentity who commits.
//
//	→ {"id":"10","type":"cloneRepository","payload":{"url":"https://github.com/ada/engine"}}
//	← {"id":"10","event":"progress","seq":1,"payload":{"phase":"connect","percent":-1,"text":""}}
//	← {"id":"10","event":"progress","seq":2,"payload":{"phase":"receive","percent":45,"text":"Receiving objects:  45% (9/20)"}}
//	← {"id":"10","success":true,"payload":{"folder":"engine","branch":"main","commit":"5891…","empty":false}}
//
// The bridge has no credentials. Git inside, whoever runs it, asks for one through the
// bridge; who has some keeps watchCredentials open, from before a clone on, and answers
// each question within [CredentialTimeout]. Without anybody who watches git is told so at
// once. Nothing is stored inside, and a credential that a host refuses is reported:
//
//	→ {"id":"11","type":"watchCredentials"}
//	← {"id":"11","event":"watching","seq":1,"payload":{}}
//	← {"id":"11","event":"credential","seq":2,"payload":{"request":"K5…","protocol":"https","host":"github.com","path":"ada/engine"}}
//	→ {"id":"12","type":"answerCredential","payload":{"request":"K5…","username":"x-access-token","password":"…"}}
//	← {"id":"12","success":true,"payload":{}}
//	← {"id":"11","event":"credentialRejected","seq":3,"payload":{"protocol":"https","host":"github.com","path":"ada/engine","username":"x-access-token","passwordSha256":"9f86…"}}
//
// An answer may hold "refused" with a reason for people in place of a credential. Questions
// come from any program inside: what may be used there is for the one who answers to decide.
//
// # Environment and editor
//
// setVariables sets variables of all processes that start from then on. prepareEnvironment
// gives them the tools that a flake.nix or shell.nix describes, of the request or of a
// folder, and tells what Nix says meanwhile. What has not changed since the last time is
// there at once:
//
//	→ {"id":"13","type":"setVariables","payload":{"variables":{"API_URL":"http://localhost:8000"}}}
//	← {"id":"13","success":true,"payload":{"count":1}}
//	→ {"id":"14","type":"prepareEnvironment","payload":{"folder":"engine"}}
//	← {"id":"14","event":"output","seq":1,"payload":{"text":"copying path '/nix/store/…-go-1.26.1'…"}}
//	← {"id":"14","success":true,"payload":{"source":"flake.nix","cached":false,"elapsedMillis":8120,"variables":["GOFLAGS"],"path":["/nix/store/…-go-1.26.1/bin"]}}
//
// A file that is wrong is answered with "nix_invalid" and where, "flake.nix:3:7: …"; what
// cannot be built with "nix_failed", and what cannot be fetched with "nix_unreachable".
//
// The editor starts with the bridge, unless the container has [HoldEditor]: then it starts
// when startEditor says so, with what has been prepared by then. Extensions installed
// before are there from its first page on:
//
//	→ {"id":"15","type":"installExtensions","payload":{"extensions":["golang.go","tools/house.vsix"]}}
//	← {"id":"15","event":"output","seq":1,"payload":{"text":"Installing extension 'golang.go'..."}}
//	← {"id":"15","success":true,"payload":{"installed":["golang.go","tools/house.vsix"],"failed":[]}}
//	→ {"id":"16","type":"startEditor","payload":{"folder":"engine","tasks":[{"label":"Test","command":"make test"}]}}
//	← {"id":"16","success":true,"payload":{}}
//
// # Ports
//
// GET /tcp/{port} with "Connection: Upgrade" and "Upgrade: kalpana-tcp" ([TunnelProtocol])
// answers 101 and becomes the connection to 127.0.0.1:port, or [::1]:port, inside: bytes
// both ways, each of which ends by itself. With "Upgrade: websocket" the bytes are in
// binary messages, and an empty one ends its direction. Ports below 1024 and the bridge's
// own are refused with 403 port_forbidden; 502 port_closed means that nothing listens.
package bridge
