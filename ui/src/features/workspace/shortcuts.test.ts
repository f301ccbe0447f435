import { expect, test } from "vitest";
import { asksForHelp, keysOf, pressed, shortcuts } from "./shortcuts";

const event = (code: string, held: string) => ({ code, altKey: held.includes("a"), shiftKey: held.includes("s"), ctrlKey: held.includes("c"), metaKey: held.includes("m") });

test.each<[string, string, string | undefined]>([
  ["KeyK", "as", "chat"],
  ["KeyV", "as", "preview"],
  ["KeyK", "a", undefined],
  ["KeyK", "asc", undefined], // somebody else's
  ["KeyK", "asm", undefined],
  ["KeyZ", "as", undefined],
])("%s with %s is %s", (code, held, name) => expect(pressed(event(code, held))).toBe(name));

test("every shortcut has keys of its own", () => {
  const all = Object.keys(shortcuts).map((name) => keysOf(name as keyof typeof shortcuts));
  expect(new Set(all).size).toBe(all.length);
});

function at(element: HTMLElement): boolean | undefined {
  let asked: boolean | undefined;
  document.body.append(element);
  element.addEventListener("keydown", (e) => (asked = asksForHelp(e)));
  element.dispatchEvent(new KeyboardEvent("keydown", { key: "?", shiftKey: true }));
  return asked;
}

test("a question mark that is being written asks for nothing", () => {
  expect(at(document.createElement("button"))).toBe(true);
  expect(at(document.createElement("textarea"))).toBe(false);
  expect(at(document.createElement("input"))).toBe(false);
});
