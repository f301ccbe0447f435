import { msg, t } from "@/i18n/t";
import { cpu, memory } from "@/lib/format";

/** Bytes and billionths of a core. */
export interface Size {
  memory: number;
  cpu: number;
}

const multiples = [
  { value: "1", title: msg("Standard") },
  { value: "2", title: msg("Large") },
  { value: "4", title: msg("Extra large") },
];

/** The sizes on offer: multiples of what this installation gives by default. */
export function sizeChoices(standard: Size) {
  return multiples.map(({ value, title }) => ({ value, title: t(title), detail: describe(sizeOf(value, standard)) }));
}

export function sizeOf(value: string, standard: Size): Size {
  const times = Number(value);
  return { memory: standard.memory * times, cpu: standard.cpu * times };
}

/** The choice that is exactly this size, or "" when it is a size of its own. */
export function choiceOf(size: Size, standard: Size): string {
  return multiples.find(({ value }) => same(sizeOf(value, standard), size))?.value ?? "";
}

export function describe(size: Size): string {
  return `${glue(memory(size.memory))} · ${glue(cpu(size.cpu))}`;
}

/** A number and its unit stay on one line. */
function glue(text: string): string {
  return text.replaceAll(" ", "\u00a0");
}

function same(a: Size, b: Size): boolean {
  return a.memory === b.memory && a.cpu === b.cpu;
}
