import { expect, test } from "vitest";
import { arrange, least, type Wanted } from "./panes";

const wanted: Wanted = { chat: true, editor: true, preview: true, side: "beside", chatWidth: 440, previewWidth: 480, previewHeight: 320 };

test("what fits is as it was chosen", () => {
  expect(arrange(wanted, { width: 1600, height: 900 })).toMatchObject({ side: "beside", chatWidth: 440, previewWidth: 480, previewHeight: 320 });
});

test("the preview goes below where three do not fit beside each other", () => {
  expect(arrange(wanted, { width: 900, height: 900 }).side).toBe("below");
  expect(arrange({ ...wanted, chat: false }, { width: 900, height: 900 }).side).toBe("beside");
  expect(arrange({ ...wanted, side: "below" }, { width: 1600, height: 900 }).side).toBe("below");
});

test.each([768, 900, 960, 1024, 1280, 1920])("nothing is wider than a window of %i pixels", (width) => {
  for (const chat of [true, false]) {
    for (const chosen of [0, 320, 5000]) {
      const found = arrange({ ...wanted, chat, chatWidth: chosen, previewWidth: chosen }, { width, height: 700 });
      const beside = found.side === "beside" ? found.previewWidth : 0;
      expect((chat ? found.chatWidth : 0) + beside + least.editor).toBeLessThanOrEqual(width);
      expect(found.chatWidth).toBeGreaterThanOrEqual(least.chat);
    }
  }
});

test("a low window keeps some of both", () => {
  expect(arrange({ ...wanted, previewHeight: 5000 }, { width: 1280, height: 400 }).previewHeight).toBe(192);
  expect(arrange(wanted, { width: 1280, height: 200 }).previewHeight).toBe(least.previewHeight);
});
