import type { Definition, Template } from "@/api/types";
import { plural } from "@/lib/format";

/** What is in it, in a few words. */
export function contents({ packages, flake, extensions, tasks, files }: Definition): string {
  const parts = [
    flake.trim() !== "" ? "Nix flake" : "",
    few(packages, 3),
    many(extensions.length, "extension"),
    many(tasks.length, "task"),
    many(Object.keys(files).length, "file"),
  ].filter(Boolean);
  return parts.length > 0 ? parts.join(" · ") : "The tools of every workspace";
}

const many = (n: number, word: string) => (n > 0 ? plural(n, word) : "");

/** "Port 3000", "Ports 3000, 5173 and 2 more"; "" without any. */
export function portsText({ ports }: Definition): string {
  if (ports.length === 0) return "";
  return `${ports.length === 1 ? "Port" : "Ports"} ${few(ports.map((p) => String(p.port)), 4)}`;
}

function few(words: string[], most: number): string {
  const rest = words.length - most;
  return rest > 0 ? `${words.slice(0, most).join(", ")} and ${rest} more` : words.join(", ");
}

/** Those that have every word somewhere; no words find all. */
export function search(templates: Template[], words: string): Template[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return templates.filter(({ id, name, description, definition }) => {
    const text = [id, name, description, ...definition.packages, ...definition.extensions].join("\n").toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}
