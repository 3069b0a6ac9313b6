import { defineConfig, mergeConfig } from "vitest/config"
import shared from "./vitest.config.ts"

/** Tests whose server answers shells: they share no worker with others. */
export default mergeConfig(
  { ...shared, test: { ...shared.test, exclude: ["**/node_modules/**"], include: [] } },
  defineConfig({
    test: { include: ["examples/manager-agents/test/guides.*.test.ts"], isolate: true }
  })
)
