import { expect, test } from "vitest";
import { admit, isShown, pictureBytes } from "./pictures";

const file = (name: string, size: number, type = "image/png") => ({ name, size, type }) as File;
const attached = (bytes: number) => ({ type: "file" as const, mediaType: "image/png", url: `data:image/png;base64,${btoa("x".repeat(bytes))}` });
const mib = 2 ** 20;
const names = (files: File[], there = [] as ReturnType<typeof attached>[]) => admit(files, there).taken.map((f) => f.name).join("");

test("are bounded in kind, size, number and together", () => {
  expect(names([file("a", 10), file("b", 10, "image/svg+xml"), file("c", 2 * mib), file("d", 2 * mib + 1)])).toBe("ac");
  expect(names([file("a", 2 * mib), file("b", 1.5 * mib), file("c", 1)])).toBe("ab");
  expect(names([file("a", 10), file("b", 10)], Array.from({ length: 7 }, () => attached(1)))).toBe("a");
  expect(names([file("a", 1.5 * mib)], [attached(2 * mib + 1)])).toBe("");
  expect(admit([file("x.pdf", 1, "application/pdf")], []).refused).toEqual(["x.pdf is no PNG, JPEG, GIF or WebP picture."]);
});
test.each([0, 1, 2, 3, 4, 1000])("%d bytes are counted", (n) => expect(pictureBytes(attached(n))).toBe(n));
test.each([
  ["data:image/png;base64,AA==", true],
  ["data:image/svg+xml;base64,AA==", false],
  ["data:image/png,x", false],
  ["https://example.com/a.png", false],
  ["blob:https://example.com/1", false],
])("%s is shown: %s", (url, shown) => expect(isShown({ type: "file", mediaType: "image/png", url })).toBe(shown));
