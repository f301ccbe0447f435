import { expect, test } from "vitest";
import { port } from "@/test/port";
import { withKept } from "./kept";

const [a, b] = [port({ port: 3000 }), port({ port: 5173 })];
const quiet = { listening: false, address: "", process: "", visibility: "owner", rewriteHost: false };

test("what the server lists is as the server says", () => {
  expect(withKept([a, b], [{ ...b, visibility: "public" }])).toEqual([a, b]);
});

test("what was set here and is forgotten stays in its place, with nothing set", () => {
  const set = port({ port: 4000, url: "https://4000-abcdefghij12.ws.localhost:8443/", visibility: "public", rewriteHost: true });
  expect(withKept([a, b], [set])).toEqual([a, { ...quiet, port: 4000, url: set.url }, b]);
  expect(withKept([], [set])).toEqual([{ ...quiet, port: 4000, url: set.url }]);
});
