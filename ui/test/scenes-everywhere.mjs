import { gallery } from "./fixtures.mjs";

const all = (state) => (state.workspaces = gallery(state.port));
/** From now on in German; the page is loaded anew, as the settings do it. */
export async function inGerman(page) {
  await page.evaluate(() => localStorage.setItem("kalpana-language", "de"));
  await page.reload();
}
const palette = (words) => async (page) => {
  await page.getByRole("button", { name: "Search and commands" }).click();
  await page.getByRole("combobox", { name: "Search workspaces" }).fill(words);
};

/** What is on every page: the palette, the banner, and the second language. */
export const everywhereScenes = [
  { name: "palette", path: "/", given: all, act: palette(""), see: "Settings: Profile" },
  { name: "palette-found", path: "/settings", given: all, act: palette("stop"), see: "Stop payments-service" },
  { name: "palette-nothing", path: "/templates", act: palette("zzzz"), see: "Nothing has these words" },
  { name: "offline", path: "/settings", act: async (page) => (await page.getByText("deploy script").waitFor(), page.evaluate(() => (Object.defineProperty(navigator, "onLine", { value: false }), window.dispatchEvent(new Event("offline"))))), see: "Offline since" },
  { name: "german-dashboard", path: "/", given: all, act: inGerman, see: "Arbeitsbereiche" },
  { name: "german-login", path: "/login", given: (s) => (s.signedIn = false), act: inGerman, see: "Noch kein Konto?" },
  { name: "german-settings", path: "/settings", act: inGerman, see: "Variablen und Geheimnisse" },
  { name: "german-new", path: "/new", act: inGerman, see: "Erstellen und starten" },
  { name: "german-templates", path: "/templates", act: inGerman, see: "Womit ein Arbeitsbereich beginnt" },
];
