import { describe, expect, test } from "vitest";
import { ago, cpu, decimal, duration, memory, until } from "./format";

const now = Date.parse("2026-05-01T12:00:00Z");

describe("ago", () => {
  test.each([
    ["2026-05-01T12:00:00Z", "just now"],
    ["2026-05-01T11:59:30Z", "just now"],
    ["2026-05-01T11:55:10Z", "4 minutes ago"],
    ["2026-05-01T10:59:59Z", "1 hour ago"],
    ["2026-04-29T12:00:00Z", "2 days ago"],
    ["2026-03-01T12:00:00Z", "2 months ago"],
    ["2024-03-01T12:00:00Z", "2 years ago"],
    ["2026-05-01T12:00:20Z", "just now"],
  ])("%s is %s", (iso, words) => expect(ago(iso, now)).toBe(words));
  test.each([
    ["2026-05-01T12:00:20Z", "in less than a minute"],
    ["2026-05-01T12:26:30Z", "in 26 minutes"],
  ])("until %s it is %s", (iso, words) => expect(until(iso, now)).toBe(words));
});

test.each([
  [1800, "30 minutes"],
  [3600, "1 hour"],
  [5400, "90 minutes"],
  [86_400, "1 day"],
  [604_800, "7 days"],
  [45, "45 seconds"],
])("%d seconds are %s", (seconds, words) => expect(duration(seconds)).toBe(words));

test.each([
  [2 ** 31, "2 GiB"],
  [1.5 * 2 ** 30, "1.5 GiB"],
  [2 ** 29, "512 MiB"],
])("%d bytes are %s", (bytes, words) => expect(memory(bytes)).toBe(words));

test.each([
  [1e9, "1 CPU"],
  [5e8, "0.5 CPU"],
  [4e9, "4 CPUs"],
])("%d nano CPUs are %s", (nano, words) => expect(cpu(nano)).toBe(words));

test.each([
  [1.25, undefined, "1.3"],
  [12, undefined, "12"],
  [1.256, 2, "1.26"],
])("%d with at most %s places is %s", (n, places, words) => expect(decimal(n, places)).toBe(words));
