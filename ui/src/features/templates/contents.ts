import type { Definition, Template } from "@/api/types";
import { msg, t, tn } from "@/i18n/t";

/** What is in it, in a few words. */
export function contents({ packages, flake, extensions, tasks, files }: Definition): string {
  const fileCount = Object.keys(files).length;
  const parts = [
    flake.trim() !== "" ? t("Nix flake") : "",
    few(packages, 3),
    extensions.length > 0 && tn("{n} extension", "{n} extensions", extensions.length),
    tasks.length > 0 && tn("{n} task", "{n} tasks", tasks.length),
    fileCount > 0 && tn("{n} file", "{n} files", fileCount),
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(" · ") : t("The tools of every workspace");
}

/** "Port 3000", "Ports 3000, 5173 and 2 more"; "" without any. */
export function portsText({ ports }: Definition): string {
  if (ports.length === 0) return "";
  return t(ports.length === 1 ? msg("Port {ports}") : msg("Ports {ports}"), { ports: few(ports.map((p) => String(p.port)), 4) });
}

function few(words: string[], most: number): string {
  const rest = words.length - most;
  return rest > 0 ? t("{words} and {n} more", { words: words.slice(0, most).join(", "), n: rest }) : words.join(", ");
}

/** Those that have every word somewhere; no words find all. */
export function search(templates: Template[], words: string): Template[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return templates.filter(({ id, name, description, definition }) => {
    const text = [id, name, description, ...definition.packages, ...definition.extensions].join("\n").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
