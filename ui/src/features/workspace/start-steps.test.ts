import { expect, test } from "vitest";
import { incomplete, startStory, took } from "./start-steps";
import type { ShownLine } from "./use-start-log";

const lines = (...said: [phase: string, elapsed: number, text?: string][]) =>
  said.map(([phase, elapsed, text = ""], n): ShownLine => ({ seq: n, key: n, began: elapsed, time: "2026-01-01T00:00:00Z", phase, text, elapsed }));
const brief = (...said: [phase: string, elapsed: number][]) => startStory(lines(...said)).steps.map((s) => [s.name, s.state, s.begin, s.end, s.lines.length]);

test("phases become steps, and a step ends where the next begins", () => {
  expect(brief()).toEqual([]);
  expect(brief(["ports", 2], ["container", 300], ["container", 500], ["code", 520], ["editor", 900])).toEqual([
    ["Machine", "done", 0, 520, 3],
    ["Code", "done", 520, 900, 1],
    ["VS Code", "active", 900, undefined, 1],
  ]);
});

test("ready ends the last step, an error fails it", () => {
  expect(brief(["editor", 5], ["ready", 9])).toEqual([["VS Code", "done", 0, 9, 1]]);
  expect(brief(["image", 5], ["error", 9])).toEqual([["Image", "failed", 0, 9, 2]]);
  expect(startStory(lines(["error", 9, "No place."])).ended).toEqual({ failed: true, text: "No place.", after: 9 });
  expect(startStory(lines(["editor", 9])).ended).toBeUndefined();
});

test("what begins after ready goes on behind the workspace", () => {
  expect(brief(["editor", 5], ["ready", 9], ["setup", 12], ["setup", 80])).toEqual([
    ["VS Code", "done", 0, 9, 1],
    ["Setup", "behind", 12, undefined, 2],
  ]);
});

test("what a step still says after its end stays with it", () => {
  expect(brief(["setup", 1], ["editor", 5], ["setup", 7], ["ready", 9])).toEqual([
    ["Setup", "done", 0, 5, 2],
    ["VS Code", "done", 5, 9, 1],
  ]);
  expect(brief(["something new", 1])).toEqual([["something new", "active", 0, undefined, 1]]);
});

test("notices mark the step they came about in", () => {
  const kinds = ["clone", "environment", "extensions", "variables"] as const;
  expect(incomplete(kinds.map((kind) => ({ kind, text: "" })))).toEqual(["Code", "Tools", "Setup"]);
});

test("durations are as exact as they have to be", () => {
  expect([-1, 3.6, 96, 449, 9900, 9999, 59_400, 185_000].map(took)).toEqual(["0 ms", "4 ms", "0.1 s", "0.4 s", "9.9 s", "10 s", "59 s", "3 min 5 s"]);
});
