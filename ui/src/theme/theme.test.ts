import { afterEach, expect, test } from "vitest";
import bootSource from "./boot.js?raw";
import { readTheme, setTheme } from "./theme";

const isDark = () => document.documentElement.classList.contains("dark");

afterEach(() => setTheme("system"));

test("a choice is kept, shown at once, and found by the script that runs first", () => {
  setTheme("dark");
  expect([readTheme(), isDark()]).toEqual(["dark", true]);
  document.documentElement.className = "";
  new Function(bootSource)();
  expect(isDark()).toBe(true);
  setTheme("light");
  new Function(bootSource)();
  expect([readTheme(), isDark()]).toEqual(["light", false]);
});

test("what is no theme is the system's", () => {
  localStorage.setItem("kalpana-theme", "purple");
  expect(readTheme()).toBe("system");
});
