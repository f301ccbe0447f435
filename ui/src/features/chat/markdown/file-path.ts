/** A place in a file of the workspace. */
export interface FilePath {
  path: string;
  line?: number;
  column?: number;
}

const pattern = /^(?<path>(?:\.\/|\/)?(?:[\p{L}\p{N}_@.+~()[\]-]+\/)*[\p{L}\p{N}_@.+~()[\]-]+)(?:(?::|#L)(?<line>\d{1,7})(?:(?::|-L?)(?<column>\d{1,7}))?)?$/u;
const named = /^(?:Dockerfile|Makefile|Caddyfile|Justfile|Procfile|Gemfile|Rakefile|LICENSE|README|CHANGELOG|\.(?:env|gitignore|dockerignore|editorconfig|npmrc|nvmrc|prettierrc|bashrc))$/;
// Without a folder or a line only these: console.log and example.com are no files.
const bare =
  /\.(?:astro|bash|c|cc|cfg|conf|cpp|cs|css|csv|env|ex|exs|go|gradle|graphql|h|hpp|html|ini|ipynb|java|js|json|jsonc|jsx|kt|less|lock|lua|md|mdx|mjs|cjs|mod|nix|php|pl|prisma|proto|py|rb|rs|sass|scss|sh|sql|sum|svelte|svg|swift|tf|toml|ts|tsx|mts|cts|txt|vue|xml|yaml|yml|zig)$/i;
const extension = /\.(?!(?:com|net|org|io|dev|git)$)[a-z][a-z0-9]{0,9}$/i;
const lengthLimit = 300;

/** Reads "src/a.ts", "src/a.ts:12:3" or "a.go#L7"; null for what is hardly a file of the workspace. */
export function filePath(text: string): FilePath | null {
  if (text.length > lengthLimit) return null;
  const found = pattern.exec(text)?.groups;
  if (!found?.path) return null;
  const { path } = found;
  const parts = path.split("/");
  const name = parts.at(-1) ?? "";
  if (parts.includes("..") || parts.slice(1).includes("") || name === ".") return null;
  const placed = parts.length > 1 || found.line !== undefined;
  if (!named.test(name) && !(placed ? extension : bare).test(name)) return null;
  const isRange = /-L?\d+$/.test(text);
  return {
    path: path.replace(/^\.\//, ""),
    line: found.line === undefined ? undefined : Number(found.line),
    column: found.column === undefined || isRange ? undefined : Number(found.column),
  };
}
