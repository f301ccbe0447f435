import type { Messages } from "../t";

export default {
  "In order:": "In Ordnung:",
  "Not in order:": "Nicht in Ordnung:",
  "What helps:": "Was hilft:",
  "What helps with {title}": "Was bei „{title}“ hilft",
  "This installation": "Diese Installation",
  "Check again": "Erneut prüfen",
  "Looking…": "Wird geprüft …",
  "Everything is in order.": "Alles in Ordnung.",
  "{n} thing needs your attention.": { one: "{n} Punkt braucht deine Aufmerksamkeit.", other: "{n} Punkte brauchen deine Aufmerksamkeit." },
  "https://github.com/owner/name": "https://github.com/besitzer/name",
  "Paste a repository": "Repository einfügen",
  "Clone and start": "Klonen und starten",
  "Your first workspace": "Dein erster Arbeitsbereich",
  "VS Code, a terminal, your code and an agent, ready in seconds. It stops by itself when you leave, and your files stay.":
    "VS Code, ein Terminal, dein Code und ein Agent, in Sekunden bereit. Er hält von selbst an, wenn du gehst, und deine Dateien bleiben.",
  "or pick a template": "oder eine Vorlage wählen",
  "Private repositories, another branch, more memory: {choose}.": "Private Repositorys, ein anderer Branch, mehr Speicher: {choose}.",
  "choose everything yourself": "alles selbst auswählen",
} satisfies Messages;
