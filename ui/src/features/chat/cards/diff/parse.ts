import { t } from "@/i18n/t";

export type DiffRow =
  | { kind: "file"; path: string; note: string }
  | { kind: "hunk"; text: string }
  | { kind: "context" | "added" | "removed"; before?: number; after?: number; text: string }
  /** Such as a missing newline at the end, or a binary file. */
  | { kind: "note"; text: string };

/** Rows that are read at all. */
const rowLimit = 50_000;
const widthLimit = 2000;

/** Reads a unified diff, with or without git's headings. What is no diff comes back as notes, nothing is lost. */
export function parseDiff(diff: string): DiffRow[] {
  const rows: DiffRow[] = [];
  let file: { kind: "file"; path: string; note: string } | null = null;
  // Lines the open hunk still has; headings begin with + and - as well.
  let [oldLeft, newLeft, before, after] = [0, 0, 0, 0];
  const lines = diff.split("\n");
  if (lines.at(-1) === "") lines.pop();
  for (const raw of lines) {
    if (rows.length >= rowLimit) break;
    const line = raw.replace(/\r$/, "").slice(0, widthLimit);
    const mark = line[0];
    const text = line.slice(1);
    if ((oldLeft > 0 || newLeft > 0) && (mark === "+" || mark === "-" || mark === " " || line === "")) {
      if (mark === "+") {
        rows.push({ kind: "added", after: after++, text });
        newLeft--;
      } else if (mark === "-") {
        rows.push({ kind: "removed", before: before++, text });
        oldLeft--;
      } else {
        rows.push({ kind: "context", before: before++, after: after++, text });
        oldLeft--;
        newLeft--;
      }
      continue;
    }
    const hunk = /^@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@ ?(.*)$/.exec(line);
    if (hunk) {
      [before, oldLeft, after, newLeft] = [Number(hunk[1]), Number(hunk[2] ?? 1), Number(hunk[3]), Number(hunk[4] ?? 1)];
      rows.push({ kind: "hunk", text: hunk[5] ?? "" });
      file = null;
      continue;
    }
    if (mark === "\\") {
      rows.push({ kind: "note", text: line.slice(2) });
      continue;
    }
    const heading = headingOf(line);
    if (heading) {
      [oldLeft, newLeft] = [0, 0];
      // git has up to ten heading lines for one file; the row tells them in one.
      if (!file || heading.begins) {
        file = { kind: "file", path: "", note: "" };
        rows.push(file);
      }
      if (heading.path) file.path = heading.path;
      if (heading.note) file.note = heading.note;
      continue;
    }
    if (line !== "") rows.push({ kind: "note", text: line });
  }
  return rows;
}

interface Heading {
  begins?: boolean;
  path?: string;
  note?: string;
}

function headingOf(line: string): Heading | null {
  const git = /^diff --git .*? ?"?b\/(.+?)"?$/.exec(line);
  if (git) return { begins: true, path: git[1] };
  const side = /^(---|\+\+\+) "?(?:[ab]\/)?(.+?)"?(?:\t.*)?$/.exec(line);
  if (side) return side[2] === "/dev/null" ? { note: side[1] === "---" ? t("new file") : t("deleted") } : { path: side[2] };
  if (line.startsWith("new file mode")) return { note: t("new file") };
  if (line.startsWith("deleted file mode")) return { note: t("deleted") };
  if (line.startsWith("rename from ")) return { note: t("renamed from {path}", { path: line.slice(12) }) };
  if (/^Binary files .* differ$/.test(line) || line === "GIT binary patch") return { note: "binary" };
  if (/^(?:index [\da-f]+\.\.|old mode|new mode|similarity index|dissimilarity index|rename to|copy (?:from|to) )/.test(line)) return {};
  return null;
}
