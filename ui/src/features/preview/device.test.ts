import { expect, test } from "vitest";
import { fit } from "./device";

test.each([
  ["full", 500, { width: 500, height: 800, scale: 1 }],
  ["phone", 500, { width: 390, height: 800, scale: 1 }],
  ["tablet", 384, { width: 768, height: 1600, scale: 0.5 }],
  ["full", 0, { width: 0, height: 800, scale: 1 }],
] as const)("%s in a box of %i pixels", (device, width, shown) => {
  expect(fit(device, { width, height: 800 })).toEqual(shown);
});
