import { describe, expect, it } from "vitest"
import { betweenLayers, betweenPackages, ofCore } from "../../src/tidy/ImportRules.ts"
import { saidOf } from "./planted.ts"

const use = (specifier: string) => `import * as Other from "${specifier}"`

describe("between packages", () => {
  it.each([
    ["packages/store-sqlite/src/Bad.ts", "@foreman/http"],
    ["packages/store-sqlite/src/Bad.ts", "@foreman/testkit"],
    ["packages/runner-command/src/internal/Bad.ts", "../../../git/src/Git.ts"],
    ["packages/core/src/rules/Bad.ts", "@foreman/process"],
    ["packages/client/src/Bad.ts", "@foreman/process"],
    ["packages/process/src/Bad.ts", "@foreman/core"],
    ["packages/mcp/src/Bad.ts", "@foreman/store-sqlite"],
    ["packages/http/src/Bad.ts", "@foreman/http"],
    ["packages/http/src/Bad.ts", "../../../tooling/src/codegen.ts"]
  ])("refuses that %s imports %s", (path, specifier) =>
    expect(saidOf(betweenPackages, path, use(specifier))).toHaveLength(1)
  )

  it("refuses a type and a lazy import alike", () => {
    const text = 'import type { A } from "@foreman/git"\nconst b = () => import("@foreman/git")'
    expect(saidOf(betweenPackages, "packages/http/src/Bad.ts", text)).toEqual([
      "1 imports @foreman/git: http knows only core, process, client; a composition joins it with git",
      "2 imports @foreman/git: http knows only core, process, client; a composition joins it with git"
    ])
  })

  it.each([
    ["packages/store-sqlite/src/Fine.ts", "@foreman/core"],
    ["packages/git/src/Fine.ts", "@foreman/process"],
    ["packages/mcp/src/Fine.ts", "@foreman/client"],
    ["packages/mcp/src/main.ts", "@foreman/store-sqlite"],
    ["packages/store-sqlite/test/Fine.test.ts", "@foreman/testkit"],
    ["packages/http/src/Fine.ts", "../src/Other.ts"],
    ["examples/server/src/main.ts", "@foreman/http"],
    ["benchmark/command.ts", "@foreman/store-sqlite"]
  ])("lets %s import %s", (path, specifier) =>
    expect(saidOf(betweenPackages, path, use(specifier))).toEqual([])
  )
})

describe("between the layers of core", () => {
  it.each([
    ["rules/Bad.ts", "../ports/Driver.ts"],
    ["rules/Bad.ts", "../internal/dynamic.ts"],
    ["ports/Bad.ts", "../services/Tasks.ts"],
    ["operations/Bad.ts", "../services/Tasks.ts"],
    ["services/Bad.ts", "../handlers/Tasks.ts"],
    ["reactors/Bad.ts", "../operations/Operation.ts"],
    ["handlers/Bad.ts", "../ports/Driver.ts"],
    ["services/Bad.ts", "../Foreman.ts"],
    ["stray/Bad.ts", "../rules/Task.ts"]
  ])("refuses that %s imports %s", (path, specifier) =>
    expect(saidOf(betweenLayers, `packages/core/src/${path}`, use(specifier))).toHaveLength(1)
  )

  it.each([
    ["rules/Fine.ts", "./Task.ts"],
    ["ports/Fine.ts", "../rules/Task.ts"],
    ["services/Fine.ts", "../events/EventTypes.ts"],
    ["reactors/Fine.ts", "../services/Tasks.ts"],
    ["handlers/Fine.ts", "../operations/Operation.ts"],
    ["createForeman.ts", "./handlers/all.ts"]
  ])("lets %s import %s", (path, specifier) =>
    expect(saidOf(betweenLayers, `packages/core/src/${path}`, use(specifier))).toEqual([])
  )
})

describe("what core takes from outside", () => {
  it.each([
    ["services/Bad.ts", 'import { z } from "zod"'],
    ["services/Bad.ts", 'import { SqlClient } from "effect/sql"'],
    ["rules/Bad.ts", 'import { Effect } from "effect"'],
    ["rules/Bad.ts", 'import type * as Clock from "effect/Clock"']
  ])("refuses in %s: %s", (path, text) =>
    expect(saidOf(ofCore, `packages/core/src/${path}`, text)).toHaveLength(1)
  )

  it.each([
    ["rules/Fine.ts", 'import { Result, Schema } from "effect"'],
    ["services/Fine.ts", 'import { Effect } from "effect"']
  ])("takes in %s: %s", (path, text) =>
    expect(saidOf(ofCore, `packages/core/src/${path}`, text)).toEqual([])
  )
})
