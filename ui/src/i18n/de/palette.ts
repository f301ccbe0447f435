import type { Messages } from "../t";

export default {
  "Search and commands": "Suche und Befehle",
  "Search and commands ({keys})": "Suche und Befehle ({keys})",
  "Search workspaces, pages and commands": "Arbeitsbereiche, Seiten und Befehle suchen",
  Open: "Öffnen",
  "Start {name}": "{name} starten",
  "Stop {name}": "{name} anhalten",
  "Loading workspaces…": "Arbeitsbereiche werden geladen …",
  "Nothing has these words.": "Nichts enthält diese Wörter.",
  "Go to": "Gehe zu",
  Do: "Tun",
  Found: "Gefunden",
  Recent: "Zuletzt",
  "of {owner}": "von {owner}",
  "Settings: {section}": "Einstellungen: {section}",
  "Administration: {page}": "Verwaltung: {page}",
  "Workspaces of all": "Arbeitsbereiche aller",
  "Light colours": "Helle Farben",
  "Dark colours": "Dunkle Farben",
  "Colours of the system": "Farben wie das System",
  "Language: {name}": "Sprache: {name}",
} satisfies Messages;
