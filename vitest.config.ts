import { defineConfig } from "vitest/config";

// Unit tests stand beside the code and need nothing but Node. What needs root, API servers, routers or real
// CoreDNS lives in *.lab.test.ts and runs one file at a time; the stories do so on whole clusters, and those that take
// many minutes each (*.full.lab.test.ts) when they are asked for.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{services,agents,deploy,test}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "**/*.lab.test.ts"],
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: "lab",
          include: ["{agents,deploy,test}/**/*.lab.test.ts"],
          exclude: ["**/node_modules/**", "test/scenarios/**"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "stories",
          include: ["test/scenarios/**/*.lab.test.ts"],
          exclude: ["**/*.full.lab.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          name: "full",
          include: ["test/scenarios/**/*.full.lab.test.ts"],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
