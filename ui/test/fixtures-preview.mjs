// Requests to a port, one of every kind.
const ago = (seconds) => new Date(Date.now() - seconds * 1000).toISOString();

export function inspected() {
  return [
    { id: "r6", time: ago(1), method: "GET", path: "/@vite/client?token=aVeryLongQueryThatGoesOnAndOnAndOnWithoutASingleSpaceInItForMoreThanEightyCharacters", status: 101, ms: 41_200, requestBytes: 210, responseBytes: 84_000, socket: true },
    { id: "r5", time: ago(2), method: "POST", path: "/api/items", status: 500, ms: 1204, requestBytes: 48, responseBytes: 2048, socket: false },
    { id: "r4", time: ago(3), method: "POST", path: "/api/upload", status: 201, ms: 310, requestBytes: 4_400_000, responseBytes: 12, socket: false },
    { id: "r3", time: ago(4), method: "GET", path: "/favicon.ico", status: 404, ms: 3.2, requestBytes: 0, responseBytes: 9, socket: false },
    { id: "r2", time: ago(5), method: "GET", path: "/slow", status: 0, ms: 60_000, requestBytes: 0, responseBytes: 0, socket: false },
    { id: "r1", time: ago(6), method: "GET", path: "/", status: 200, ms: 12, requestBytes: 0, responseBytes: 15_200, socket: false },
  ];
}

const empty = { text: "", truncated: false, bytes: 0 };

/** All that is known of one. */
export function inspectedRequest(request) {
  const sent = request.path === "/api/upload" ? { base64: "iVBORw0KGgo=", truncated: true, bytes: 4_400_000 } : request.method === "POST" ? { text: '{"name":"chair","price":40}', truncated: false, bytes: 27 } : empty;
  const text = request.status >= 500 ? '{"error":"<script>alert(1)</script> no such table: items"}' : "ok";
  return {
    ...request,
    requestHeaders: [["Accept", "application/json"], ["Authorization", "Bearer ••••"], ["Cookie", "session=••••; theme=dark"], ["X-Long", "x".repeat(180)]],
    responseHeaders: [["Content-Type", "application/json"], ["Set-Cookie", "a=••••"], ["Set-Cookie", "b=••••"]],
    requestBody: sent,
    responseBody: request.status === 0 ? empty : { text, truncated: false, bytes: text.length },
  };
}
