import { render } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";
import type { Workspace } from "@/api/types";
import { workspace } from "@/test/workspace";
import { UsageLine } from "./usage-line";

beforeEach(() => {
  vi.setSystemTime("2026-05-01T12:00:00Z");
  return () => vi.useRealTimers();
});

test.each<[Partial<Workspace>, string[]]>([
  [{}, ["Not used yet"]],
  [{ lastActiveAt: "2026-05-01T11:00:00Z" }, ["Used 1 hour ago"]],
  [
    { status: "RUNNING", lastActiveAt: "2026-05-01T11:55:00Z", stopsAt: "2026-05-01T12:25:00Z" },
    ["Used 5 minutes ago", "Stops in 25 minutes if unused"],
  ],
  [{ status: "RUNNING", lastActiveAt: "2026-05-01T11:00:00Z", stopsAt: "2026-05-01T11:30:00Z" }, ["Used 1 hour ago", "Stops soon if unused"]],
  [{ status: "RUNNING", lastActiveAt: "2026-05-01T11:00:00Z" }, ["Used 1 hour ago"]],
  [{ status: "RUNNING", lastActiveAt: "2026-05-01T12:00:00Z", stopsAt: "2026-05-01T12:30:00Z", activity: ["editor", "turn"] }, ["In use by the editor and the agent"]],
  [{ status: "STOPPED", activity: ["editor"] }, ["Not used yet"]],
])("%j", (changes, lines) => {
  const { container } = render(<UsageLine workspace={workspace(changes)} />);
  expect([...container.querySelectorAll("p")].map((p) => p.textContent)).toEqual(lines);
});
