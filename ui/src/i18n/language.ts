/** The languages there are. English is in the source; the others are loaded when they are spoken. */
export const languages = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof languages;

const key = "kalpana-language";

function isLanguage(code: string | null | undefined): code is Language {
  return code !== null && code !== undefined && Object.hasOwn(languages, code);
}

/** What the user chose; undefined follows the browser. */
export function chosenLanguage(): Language | undefined {
  try {
    const stored = localStorage.getItem(key);
    return isLanguage(stored) ? stored : undefined;
  } catch {
    return undefined; // storage is blocked
  }
}

/** Speaks another language from now on, by loading the page anew: nothing in it is left in the old one. */
export function chooseLanguage(language: Language | undefined): void {
  try {
    if (language) localStorage.setItem(key, language);
    else localStorage.removeItem(key);
  } catch {
    // Storage is blocked: the browser's own language stays.
  }
  window.location.reload();
}

function spokenByBrowser(): Language {
  for (const tag of navigator.languages) {
    const code = tag.toLowerCase().split("-", 1)[0];
    if (isLanguage(code)) return code;
  }
  return "en";
}

/** The language of this page; it does not change while the page is open. */
export const language: Language = chosenLanguage() ?? spokenByBrowser();
