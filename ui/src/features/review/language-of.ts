const languages: Record<string, string> = {
  sh: "bash", bash: "bash", zsh: "bash", css: "css", scss: "css", go: "go", js: "javascript", jsx: "javascript", mjs: "javascript", cjs: "javascript",
  json: "json", jsonc: "json", py: "python", pyi: "python", rs: "rust", sql: "sql", ts: "typescript", tsx: "typescript", mts: "typescript", cts: "typescript",
  html: "xml", htm: "xml", xml: "xml", svg: "xml", vue: "xml", svelte: "xml", yaml: "yaml", yml: "yaml",
};

/** The language of a file by its name; "" when there are no colours for it. */
export function languageOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const end = name.slice(name.lastIndexOf(".") + 1).toLowerCase();
  return name.includes(".") && Object.hasOwn(languages, end) ? (languages[end] ?? "") : "";
}
