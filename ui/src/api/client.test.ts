import { expect, test, vi } from "vitest";
import { api } from "./client";
import { Problem, sentence } from "./problem";

function answer(status: number, body: string | null, type = "application/json") {
  return vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(body, { status, headers: { "content-type": type } }));
}

async function refused(call: Promise<unknown>): Promise<Problem> {
  const error: unknown = await call.then(() => undefined, (e: unknown) => e);
  if (!(error instanceof Problem)) throw new Error("no Problem");
  return error;
}

test("a call sends JSON to the API and decodes the answer", async () => {
  const fetched = answer(201, '{"id":"x"}');
  expect(await api("/things", { method: "POST", body: { a: 1 }, headers: { "Idempotency-Key": "k" } })).toEqual({ id: "x" });
  const [url, init] = fetched.mock.calls[0] ?? [];
  expect(url).toBe("/api/v1/things");
  expect(init).toMatchObject({
    method: "POST",
    body: '{"a":1}',
    credentials: "same-origin",
    headers: { "content-type": "application/json", "Idempotency-Key": "k" },
  });
});

test("an empty answer is undefined", async () => {
  answer(204, null);
  expect(await api("/auth/logout", { method: "POST" })).toBeUndefined();
});

test("a problem keeps code, sentence and fields", async () => {
  answer(422, '{"status":422,"code":"validation_failed","title":"Unprocessable","detail":"Give a name.","errors":[{"field":"body.name","message":"Give one."},7]}');
  const problem = await refused(api("/workspaces"));
  expect([problem.status, problem.code, problem.message, problem.field("name"), problem.field("memory")]).toEqual([
    422, "validation_failed", "Give a name.", "Give one.", undefined,
  ]);
});

test.each([
  [502, "<html>Bad gateway</html>"],
  [500, ""],
  [503, '"text"'],
  [404, '{"code":7}'],
])("an answer %d that is not the API's is still a sentence", async (status, body) => {
  answer(status, body, "text/html");
  const problem = await refused(api("/me"));
  expect(problem.code).toBe(`http_${status}`);
  expect(sentence(problem)).toMatch(/^The server answered \d+\./);
});

test("no answer is a problem, a cancelled call is not", async () => {
  vi.spyOn(globalThis, "fetch").mockRejectedValueOnce(new TypeError("network error"));
  expect((await refused(api("/me"))).code).toBe("network");
  vi.spyOn(globalThis, "fetch").mockRejectedValueOnce(new DOMException("aborted", "AbortError"));
  await expect(api("/me")).rejects.toBeInstanceOf(DOMException);
});

test("what is no problem is not shown to people as it is", () => {
  expect(sentence(new Error("x is undefined"))).not.toContain("undefined");
});
