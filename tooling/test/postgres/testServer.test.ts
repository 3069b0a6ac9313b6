import { Client } from "pg"
import { describe, expect, it } from "vitest"
import { databaseUrl } from "../../src/postgres/testServer.ts"

describe("the database of a run of the tests", () => {
  it("is one server for all who ask, and they may do everything there", async () => {
    const [one, other] = await Promise.all([databaseUrl(), databaseUrl()])
    expect(one).toBe(other)
    const client = new Client(one)
    await client.connect()
    const question = "select rolsuper from pg_roles where rolname = current_user"
    const { rows } = await client.query(question)
    await client.end()
    expect(rows).toEqual([{ rolsuper: true }])
  })
})
