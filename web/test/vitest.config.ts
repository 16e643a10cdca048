import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Tests in a real browser, on the real stack; one file after the other.
export default defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    environment: "node",
    include: [`test/**/*.${process.env.KIND ?? "test"}.ts`],
    fileParallelism: false,
    maxConcurrency: 3, // pages at once, where a test says that its cases may be
    expect: { poll: { timeout: 60_000 } }, // a shared machine draws slowly; a second is a race
    testTimeout: 300_000,
    hookTimeout: 180_000,
  },
});
