import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { port } from "@/test/port";
import { portsQuery, putPort, useSetPort } from "./ports";

const id = "abcdefghij12";
function within(cache: QueryClient) {
  return ({ children }: { children: ReactNode }) => <QueryClientProvider client={cache}>{children}</QueryClientProvider>;
}
const answer = (body: unknown) => new Response(JSON.stringify(body), { status: 200 });

test("a port that is changed takes its place, a new one the place of its number", () => {
  const [a, b] = [port({ port: 3000 }), port({ port: 5173 })];
  expect(putPort([a, b], { ...a, visibility: "public" })).toEqual([{ ...a, visibility: "public" }, b]);
  expect(putPort([a, b], port({ port: 4000 })).map((p) => p.port)).toEqual([3000, 4000, 5173]);
  expect(putPort([], a)).toEqual([a]);
});

test("a list that was asked for before a change does not undo it", async () => {
  const cache = new QueryClient();
  const before = port();
  const after = port({ visibility: "users" });
  const query = portsQuery(id);
  cache.setQueryData(query.queryKey, [before]);
  const late: ((list: Response) => void)[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation((_, init) =>
    init?.method === "PUT" ? Promise.resolve(answer(after)) : new Promise((resolve) => late.push(resolve)),
  );
  const asked = cache.fetchQuery(query).catch(() => undefined);
  const { result } = renderHook(() => useSetPort(id), { wrapper: within(cache) });
  result.current.mutate({ port: 3000, visibility: "users" });
  await waitFor(() => expect(result.current.isSuccess).toBe(true));
  late.shift()?.(answer({ items: [before] }));
  await asked;
  expect(cache.getQueryData(query.queryKey)).toEqual([after]);
});

test("changes of one workspace go one after another", async () => {
  const cache = new QueryClient();
  const waiting: (() => void)[] = [];
  const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(() => new Promise((resolve) => waiting.push(() => resolve(answer(port())))));
  const first = renderHook(() => useSetPort(id), { wrapper: within(cache) });
  const second = renderHook(() => useSetPort(id), { wrapper: within(cache) });
  first.result.current.mutate({ port: 3000, visibility: "public" });
  second.result.current.mutate({ port: 3000, visibility: "owner" });
  await waitFor(() => expect(second.result.current.isPending).toBe(true));
  expect(fetched).toHaveBeenCalledTimes(1);
  waiting.shift()?.();
  await waitFor(() => expect(fetched).toHaveBeenCalledTimes(2));
  waiting.shift()?.();
  await waitFor(() => expect(second.result.current.isSuccess).toBe(true));
});
