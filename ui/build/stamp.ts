import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

// Everything that decides what dist holds. The Go test in stamp_test.go walks the same.
const files = [".npmrc", "index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.ts"];
const folders = ["build", "public", "src"];

/**
 * Writes dist/build.json with a hash of the sources, so that a test can tell a stale
 * dist: it is committed, and whoever builds with Go alone has no Node to rebuild it.
 */
export function stamp(): Plugin {
  return {
    name: "kalpana-stamp",
    apply: "build",
    generateBundle() {
      const source = JSON.stringify({ sources: hashSources() }) + "\n";
      this.emitFile({ type: "asset", fileName: "build.json", source });
    },
  };
}

function hashSources(): string {
  const paths = [...files, ...folders.flatMap(walk)].filter(counts).toSorted(byBytes);
  const lines = paths.map((path) => `${sha256(readFileSync(path))}  ${path}\n`);
  return sha256(lines.join(""));
}

function walk(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name).replaceAll("\\", "/");
    return entry.isDirectory() ? walk(path) : [path];
  });
}

/** Tests are no part of what is built. */
function counts(path: string): boolean {
  return !/\.test\.tsx?$/.test(path) && !path.startsWith("src/test/");
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function sha256(data: string | Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}
