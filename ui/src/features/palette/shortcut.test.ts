import { expect, test } from "vitest";
import { asksForPalette } from "./shortcut";

const none = { key: "k", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

test.each([
  ["Ctrl+K", { ...none, ctrlKey: true }, false, true],
  ["Ctrl+K with Caps Lock", { ...none, key: "K", ctrlKey: true }, false, true],
  ["Cmd+K on a Mac", { ...none, metaKey: true }, true, true],
  ["Ctrl+K on a Mac, which cuts a line", { ...none, ctrlKey: true }, true, false],
  ["Ctrl+Shift+K", { ...none, ctrlKey: true, shiftKey: true }, false, false],
  ["AltGr+K", { ...none, ctrlKey: true, altKey: true }, false, false],
  ["k alone", none, false, false],
])("%s", (_, event, mac, want) => {
  expect(asksForPalette(event, mac)).toBe(want);
});
