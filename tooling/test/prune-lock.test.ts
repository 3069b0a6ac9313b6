import { expect, it } from "vitest"
import { prune } from "../src/prune-lock.ts"

it("drops edges that lead nowhere, but none of the root", () => {
  const packages = {
    "": { optionalDependencies: { gone: "1" } },
    "node_modules/tool": { version: "1", optionalDependencies: { there: "1", gone: "1" } },
    "node_modules/tool/node_modules/there": {}
  }
  expect(prune({ packages })).toEqual({
    dropped: ["node_modules/tool: gone is not in the registry"],
    lock: {
      packages: {
        ...packages,
        "node_modules/tool": { version: "1", optionalDependencies: { there: "1" } }
      }
    }
  })
})
