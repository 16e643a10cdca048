import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const dist = fileURLToPath(new URL("dist", import.meta.url));

// dist/placeholder.html is committed, so that the Go binary builds on a clone
// without the page; everything else in dist is made here and ignored by git.
function cleanDist() {
  return {
    name: "clean-dist",
    apply: "build" as const,
    buildStart() {
      for (const made of ["assets", "index.html", "theme.js", "favicon.svg"])
        rmSync(`${dist}/${made}`, { recursive: true, force: true });
    },
  };
}

const api = process.env.CRYSTALYSE_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react(), cleanDist()],
  build: {
    outDir: "dist",
    emptyOutDir: false,
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/api": api, "/healthz": api, "/ws": { target: api, ws: true } },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    setupFiles: ["src/testing/setup.ts"],
    restoreMocks: true,
    testTimeout: 30_000, // a shared machine renders slowly
  },
});
