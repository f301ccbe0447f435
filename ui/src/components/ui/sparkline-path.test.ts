import { expect, test } from "vitest";
import { linePath } from "./sparkline-path";

const frame = { most: 1, room: 3, width: 100, height: 20 };

test("a line needs two values", () => {
  expect(linePath([], frame)).toBeUndefined();
  expect(linePath([0.5], frame)).toBeUndefined();
});

test("fewer values than there is room for stand at the right", () => {
  expect(linePath([0, 1], frame)).toEqual({ line: "M50 20L100 0", area: "M50 20L100 0L100 20L50 20Z" });
});

test("only the latest values are shown, and none leaves the frame", () => {
  expect(linePath([9, 0.5, 2, -1], frame)?.line).toBe("M0 10L50 0L100 20");
});

test("nothing is divided by a limit of 0", () => {
  expect(linePath([0, 0, 0], { ...frame, most: 0 })?.line).toBe("M0 20L50 20L100 20");
});
