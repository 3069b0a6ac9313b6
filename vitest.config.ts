import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

const conditions = ["@foreman/source"]

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "examples/*/test/**/*.test.ts",
      "tooling/test/**/*.test.ts",
      "chaos/test/**/*.test.ts"
    ],
    // The others run by vitest.alone.config.ts.
    exclude: [
      "**/node_modules/**",
      "**/dist/**",
      "examples/manager-agents/test/guides.integration.test.ts"
    ],
    // It starts nothing before a test asks for a database.
    globalSetup: "tooling/src/postgres/globalSetup.ts",
    // Modules are without effects, so workers are shared: the suite starts in a fraction of the time.
    isolate: false,
    server: { deps: { inline: [/^@foreman\//] } },
    // Programs that tests start need not be compiled anew by each of them.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL(".tools/compiled", import.meta.url)) },
    // Most of the time is spent waiting for programs and databases, also where there are few cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    testTimeout: 60_000,
    hookTimeout: 60_000
  }
})
