import { useSyncExternalStore } from "react";

/** What the user chose; "system" follows the operating system, also when it changes. */
export type Theme = "light" | "dark" | "system";

const key = "kalpana-theme"; // boot.js reads it before the first paint
const listeners = new Set<() => void>();

export function readTheme(): Theme {
  try {
    const stored = localStorage.getItem(key);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system"; // storage is blocked
  }
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === "system") {
      localStorage.removeItem(key);
    } else {
      localStorage.setItem(key, theme);
    }
  } catch {
    // Storage is blocked: the choice lasts as long as the page.
  }
  chosen = theme;
  apply();
}

let chosen = readTheme();

function systemIsDark(): boolean {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

function isDark(): boolean {
  return chosen === "dark" || (chosen === "system" && systemIsDark());
}

function apply(): void {
  const root = document.documentElement;
  root.classList.toggle("dark", isDark());
  root.style.colorScheme = isDark() ? "dark" : "light";
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", isDark() ? "#101116" : "#fafafc");
  for (const notify of listeners) notify();
}

/** Follows the operating system and other tabs from now on. Called once, by the page itself. */
export function followTheme(): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  window.addEventListener("storage", (e) => {
    if (e.key === key || e.key === null) {
      chosen = readTheme();
      apply();
    }
  });
}

function subscribe(notify: () => void): () => void {
  listeners.add(notify);
  return () => listeners.delete(notify);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, () => chosen);
}

/** What is on screen now, for parts that do not read CSS variables. */
export function useDark(): boolean {
  return useSyncExternalStore(subscribe, isDark);
}
