// Controls, what reorders text, what has no width, and spaces other than the space: a
// command must read as what will run.
const hidden = /(?![ \n\t])[\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}]/gu;

/** Writes out characters that cannot be seen or change how others are seen: "<U+202E>". */
export function visible(text: string): string {
  return text.replaceAll(hidden, (c) => `<U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}>`);
}
