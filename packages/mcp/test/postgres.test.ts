import { assert, describe, it } from "@effect/vitest"
import { readdirSync } from "node:fs"
import { onTestFinished } from "vitest"
import * as FreshDatabase from "../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../tooling/src/postgres/testServer.ts"
import { toolCount } from "./contract.ts"
import { folder, start } from "./TestProgram.ts"

describe("foreman-mcp on PostgreSQL", () => {
  it("shares a database with another process of its kind, and keeps no file", async () => {
    const { drop, url } = await FreshDatabase.make(await databaseUrl())
    onTestFinished(drop)
    const cwd = folder()
    const options = { cwd, environment: { DATABASE_URL: url } }
    const [one, other] = [start(options), start(options)]
    await Promise.all([one.initialize(), other.initialize()])
    const created = await Promise.all(
      [one, other].map(({ call }, at) =>
        call("create_org", { name: `Org ${at}`, slug: `org-${at}` })
      )
    )
    const known = await Promise.all([one.call("list_orgs"), other.call("list_orgs")])
    assert.deepStrictEqual(known[0].items, created)
    assert.deepStrictEqual(known[1], known[0])
    const ends = await Promise.all([one.end(), other.end()])
    for (const { code, log } of ends) assert.deepStrictEqual({ code, log }, { code: 0, log: "" })
    assert.deepStrictEqual(readdirSync(cwd), [])
  })

  it("answers that its database does not open, without its password, and lives on", async () => {
    const environment = { DATABASE_URL: "postgres://foreman:secret@127.0.0.1:1/foreman" }
    const { ask, call, end, initialize } = start({ cwd: folder(), environment })
    await initialize()
    const refusal = await call("list_orgs")
    assert.deepInclude(refusal, { code: "StoreUnavailable", retryable: true })
    assert.include(refusal.detail, "DATABASE_URL does not open: ")
    assert.include(refusal.detail, "PostgreSQL cannot be reached at 127.0.0.1:1")
    assert.lengthOf((await ask("tools/list")).result.tools, toolCount)
    const { code, log } = await end()
    assert.strictEqual(code, 0)
    assert.strictEqual(log, `foreman-mcp: ${refusal.detail}\n`)
    assert.notInclude(log, "secret")
  })

  it("refuses what is no address of a database, and ends", async () => {
    const environment = { DATABASE_URL: "mysql://foreman:secret@127.0.0.1/foreman" }
    const { code, log } = await start({ cwd: folder(), environment }).end()
    assert.strictEqual(code, 2)
    assert.strictEqual(
      log,
      "foreman-mcp: DATABASE_URL is neither postgres://... nor sqlite:/path\n"
    )
  })
})
