import { expect, test } from "vitest";
import { restoredText } from "./restored-text";

test.each([
  [3, 0, "3 files restored"],
  [1, 2, "1 file restored, messages taken back"],
  [0, 2, "Messages taken back"],
  [0, 0, "No file was different"],
])("%d files and %d messages: %s", (changed, removedMessages, text) => expect(restoredText({ changed, removedMessages })).toBe(text));
