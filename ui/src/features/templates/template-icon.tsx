import { Book, Bot, Box, ChartColumn, Database, FlaskConical, Gamepad2, Globe, LayoutTemplate, type LucideIcon, Rocket, Server, Terminal, Wrench } from "lucide-react";
import { cn } from "@/lib/cn";

// Maps: an icon is text of another user, and objects know words such as "constructor".
const pictures = new Map<string, LucideIcon>(Object.entries({
  box: Box,
  terminal: Terminal,
  globe: Globe,
  server: Server,
  database: Database,
  chart: ChartColumn,
  flask: FlaskConical,
  book: Book,
  bot: Bot,
  rocket: Rocket,
  gamepad: Gamepad2,
  wrench: Wrench,
}));

/** Languages are known by their letters. */
const letters = new Map(Object.entries({ node: "JS", python: "Py", go: "Go", rust: "Rs", java: "Jv", cpp: "C++", php: "php", ruby: "Rb", static: "</>" }));

/** Icons a user can choose. */
export const iconNames = [...pictures.keys()];

/** Decoration: the template's name stands beside it. */
export function TemplateIcon({ icon, className }: { icon: string; className?: string }) {
  const Picture = pictures.get(icon) ?? (icon === "blank" ? Box : LayoutTemplate);
  const text = letters.get(icon);
  return (
    <span aria-hidden className={cn("grid size-10 shrink-0 place-items-center rounded-xl bg-primary/10 text-link [&_svg]:size-5", className)}>
      {text ? <span className="font-mono text-xs font-semibold">{text}</span> : <Picture />}
    </span>
  );
}
