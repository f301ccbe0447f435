import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { boot } from "./build/boot.ts";
import { stamp } from "./build/stamp.ts";

const root = fileURLToPath(new URL(".", import.meta.url));
// Where a development gateway answers; its certificate is its own.
const gateway = { target: "https://localhost:8443", secure: false, changeOrigin: true };

export default defineConfig({
  root,
  plugins: [react(), tailwindcss(), boot("src/theme/boot.js"), stamp()],
  resolve: {
    alias: [
      { find: "@", replacement: `${root}src` },
      { find: /^zod\/v4(\/(mini|core|locales\/en\.js))?$/, replacement: `${root}src/features/chat/no-schemas.ts` },
    ],
  },
  server: { proxy: { "/api": gateway, "/auth": gateway } },
  build: {
    sourcemap: false,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rolldownOptions: {
      output: {
        // What changes with our dependencies only stays in browser caches between releases.
        codeSplitting: {
          groups: [
            // What three pages or more have in common: most of it is there at the first visit
            // anyway, and a hundred files of some hundred bytes each compress badly.
            {
              name: "shared",
              test: /\/src\/(?!i18n\/de)|node_modules\/(lucide-react|radix-ui|@radix-ui|clsx|class-variance-authority|tailwind-merge|@floating-ui|aria-hidden|react-remove-scroll[^/]*|react-style-singleton|use-sidecar|use-callback-ref)\//,
              minShareCount: 3,
            },
            { name: "react", test: /node_modules\/(react|react-dom|scheduler|@tanstack\/(?!(react-)?virtual)[^/]+)\// },
            { name: "stream", test: /node_modules\/(ai|@ai-sdk|eventsource-parser)\// },
            { name: "markdown", test: /node_modules\/(react-markdown|marked|remend|(re(mark|hype)|micromark|[mh]ast|unist|vfile)[^/]*|unified|property-information|@ungap)\// },
          ],
        },
      },
    },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test/setup.ts"],
    restoreMocks: true,
  },
});
