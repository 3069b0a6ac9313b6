import { defineConfig } from "vitest/config"
import base from "./vitest.config.ts"

// What needs a real coding agent: `npm run test:codex`.
export default defineConfig({
  ...base,
  test: { ...base.test, include: ["packages/runner-codex/test/**/*.codex.ts"] }
})
