import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Tests in a real browser, on the real stack; one file after the other.
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    environment: "node",
    include: ["test/**/*.test.ts", ...(process.env.LOOK ? ["test/*.look.ts"] : [])],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
