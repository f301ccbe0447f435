import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

/**
 * Loads a classic script before anything else on the page, from a file with a hashed
 * name. The theme must be known before the first paint, the content security policy
 * allows no inline script, and a module would run too late.
 */
export function boot(path: string): Plugin {
  let ref = "";
  return {
    name: "kalpana-boot",
    buildStart() {
      if (this.environment.mode === "build") {
        ref = this.emitFile({ type: "asset", name: "boot.js", source: readFileSync(path) });
      }
    },
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const page = bundle["index.html"];
        if (page?.type !== "asset") {
          throw new Error("boot: the build has no index.html");
        }
        const tag = `<script src="/${this.getFileName(ref)}"></script>`;
        page.source = String(page.source).replace("</title>", `</title>\n    ${tag}`);
      },
    },
    transformIndexHtml(_, ctx) {
      return ctx.server ? [{ tag: "script", attrs: { src: `/${path}` }, injectTo: "head-prepend" }] : [];
    },
  };
}
