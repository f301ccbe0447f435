import { expect, test } from "vitest";
import { problemOf } from "./problem";

const refusal = (code: string, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ code, detail: "What the server says." }), { status: 429, headers });

test("how long to wait is told when the server knows it", async () => {
  expect((await problemOf(refusal("rate_limited", { "retry-after": "120" }))).message).toBe("Too many attempts. Try again in 2 minutes.");
  expect((await problemOf(refusal("rate_limited"))).message).toBe("What the server says.");
  expect((await problemOf(refusal("rate_limited", { "retry-after": "soon" }))).message).toBe("What the server says.");
});

test("in English the server speaks for itself", async () => {
  expect((await problemOf(refusal("conflict"))).message).toBe("What the server says.");
});

test("what is no problem of the API gets a sentence, too", async () => {
  const problem = await problemOf(new Response("<html>", { status: 502 }));
  expect([problem.code, problem.message]).toEqual(["http_502", "The server answered 502. Try again in a moment."]);
});
