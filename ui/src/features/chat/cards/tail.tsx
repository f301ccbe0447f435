const lineCount = 8;
const lengthLimit = 2000;

/** The end of a text that is still being written. */
export function Tail({ text }: { text: string }) {
  const end = text.slice(-lengthLimit).split("\n").slice(-lineCount).join("\n");
  if (end.trim() === "") return null;
  return <pre className="overflow-hidden bg-muted px-3 py-2 font-mono text-xs leading-5 break-all whitespace-pre-wrap text-muted-foreground">{end}</pre>;
}
