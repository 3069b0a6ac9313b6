import { assert, describe, it } from "@effect/vitest"
import { Driver, DriverMemory } from "@foreman/core"
import { Effect, Layer } from "effect"
import { writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import * as Backend from "../../src/internal/Backend.ts"
import * as Embedded from "../../src/internal/Embedded.ts"
import { refused } from "../../src/ToolCall.ts"
import { folder } from "../TestProgram.ts"

const { signal } = new AbortController()

const open = async (token?: string) => {
  const tokenPath = join(folder(), "token")
  writeFileSync(tokenPath, "fmn_op_the_operators\n")
  return Embedded.open({ store: DriverMemory.layer, token, tokenPath, logLevel: "None" })
}

/** The code of the refusal of a command that only the operator may give, if it is refused. */
const codeOf = async (backend: Backend.Backend) => {
  const answer = await backend.call("create_org", { name: "Acme", slug: "acme" }, { signal })
  await backend.close()
  const [block] = answer.content
  return answer.isError === true && block?.type === "text" ? JSON.parse(block.text).code : undefined
}

describe("tools on a store in this process", () => {
  it("act for the operator, unless they are given a token", async () => {
    assert.isUndefined(await codeOf(await open()))
    assert.isUndefined(await codeOf(await open("fmn_op_the_operators")))
    assert.strictEqual(await codeOf(await open("fmn_run_nobodys")), "NotAuthenticated")
  })

  it("act as the manager of the local team with the token that a server has made for agents", async () => {
    const tokenPath = join(folder(), "token")
    const managerToken = "fmn_agt_the_managers"
    writeFileSync(join(dirname(tokenPath), "manager-token"), `${managerToken}\n`)
    for (const operators of ["", "fmn_op_the_operators\n"]) {
      writeFileSync(tokenPath, operators)
      const options = { store: DriverMemory.layer, tokenPath, logLevel: "None" } as const
      const backend = await Embedded.open({ ...options, token: managerToken })
      const { structuredContent } = await backend.call("list_orgs", {}, { signal })
      assert.deepNestedInclude(structuredContent, { "items[0].slug": "local" })
      assert.strictEqual(await codeOf(backend), "PermissionDenied")
    }
  })

  it("close what they opened, and answer when it did not open", async () => {
    const ended: Array<string> = []
    const opening = Layer.effectDiscard(
      Effect.addFinalizer(() => Effect.sync(() => ended.push("store")))
    )
    const broken = new Driver.StoreError({
      operation: "open",
      cause: "locked",
      retryable: true,
      ambiguous: false
    })
    const stores = [
      Layer.effect(Driver.Driver, Effect.fail(broken)).pipe(Layer.provideMerge(opening)),
      DriverMemory.layer.pipe(Layer.provideMerge(opening))
    ]
    const backend = Backend.lazy({
      open: () =>
        Embedded.open({
          store: stores.shift() ?? DriverMemory.layer,
          token: undefined,
          tokenPath: join(folder(), "token"),
          logLevel: "None"
        }),
      failed: () => refused({ code: "Shut", message: "It is shut", status: 503, facts: {} })
    })
    const first = await backend.call("ping", {}, { signal })
    assert.strictEqual(first.isError, true)
    assert.deepStrictEqual(ended, ["store"])
    assert.isUndefined(await codeOf(backend))
    assert.deepStrictEqual(ended, ["store", "store"])
  })
})
