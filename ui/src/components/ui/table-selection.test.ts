import { act, renderHook } from "@testing-library/react";
import type { MouseEvent } from "react";
import { expect, test } from "vitest";
import { between, useSelection } from "./table-selection";

const click = { shiftKey: false } as MouseEvent;
const shift = { shiftKey: true } as MouseEvent;
const keys = ["a", "b", "c", "d"];

test.each([
  ["b", "d", ["b", "c", "d"]],
  ["d", "b", ["b", "c", "d"]],
  [undefined, "b", ["b"]],
  ["gone", "b", ["b"]],
])("from %s to %s", (one, other, want) => {
  expect(between(keys, one, other)).toEqual(want);
});

test("rows are chosen one by one, by range and all at once", () => {
  const { result } = renderHook(() => useSelection(keys));
  expect(result.current.state).toBe(false);
  act(() => result.current.toggle("b", click));
  expect([result.current.chosen, result.current.state]).toEqual([["b"], "mixed"]);
  act(() => result.current.toggle("d", shift));
  expect(result.current.chosen).toEqual(["b", "c", "d"]);
  act(() => result.current.toggle("b", shift));
  expect(result.current.chosen).toEqual([]);
  act(() => result.current.toggleAll());
  expect([result.current.chosen, result.current.state]).toEqual([keys, true]);
  act(() => result.current.toggleAll());
  expect(result.current.chosen).toEqual([]);
});

test("what is not shown any more is not chosen", () => {
  const { result, rerender } = renderHook(({ shown }) => useSelection(shown), { initialProps: { shown: keys } });
  act(() => result.current.toggleAll());
  rerender({ shown: ["c"] });
  expect([result.current.chosen, result.current.state]).toEqual([["c"], true]);
});
