import { Client } from "pg"
import { describe, expect, it } from "vitest"
import { type Endpoint, setup } from "../../src/postgres/globalSetup.ts"
import { open } from "../../src/postgres/TestDatabase.ts"
import { databaseUrl } from "../../src/postgres/testServer.ts"

const run = async (question: string): Promise<void> => {
  const client = new Client(await databaseUrl())
  await client.connect()
  await client.query(question)
  await client.end()
}

describe("the database that the environment names", () => {
  it("is used and left alone", async () => {
    const url = await databaseUrl()
    const database = await open({ DATABASE_URL: url })
    expect(database.url).toBe(url)
    expect(database.title).toMatch(/^PostgreSQL \d+.* of DATABASE_URL$/)
    await database.close()
    await run("select 1")
  })

  it("is refused when its user may not make databases and roles", async () => {
    const name = `plain_${process.pid}`
    await run(`create role ${name} login password 'secret'`)
    const url = new URL(await databaseUrl())
    url.username = name
    url.password = "secret"
    const problem = await open({ DATABASE_URL: url.href }).catch((error: unknown) => String(error))
    expect(problem).toContain("its user is no superuser")
    expect(problem).not.toContain("secret")
    await run(`drop role ${name}`)
  })

  it.each([
    ["mysql://127.0.0.1/x", "begins with postgres://"],
    ["postgres://postgres@127.0.0.1:1/x", "DATABASE_URL cannot be used for the tests: "]
  ])("is refused as %s", async (DATABASE_URL, words) => {
    await expect(open({ DATABASE_URL })).rejects.toThrow(words)
  })

  it("is one of the two kinds when a kind is asked for", async () => {
    await expect(open({ FOREMAN_TEST_POSTGRES: "docker" })).rejects.toThrow(
      "FOREMAN_TEST_POSTGRES is docker; it is system, embedded or an absolute path"
    )
  })
})

describe("the endpoint of a run", () => {
  it("says to each who asks why there is no database, and tells nobody else anything", async () => {
    const endpoints: Array<Endpoint> = []
    // As: it is the only thing that is provided.
    const provide = (_key: string, value: unknown) => void endpoints.push(value as Endpoint)
    const close = await setup({ provide }, { FOREMAN_TEST_POSTGRES: "docker" })
    try {
      const [{ token, url } = { token: "", url: "" }] = endpoints
      expect((await fetch(url)).status).toBe(401)
      for (const _ of ["first", "second"]) {
        const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
        expect(answer.status).toBe(503)
        expect(await answer.text()).toContain("FOREMAN_TEST_POSTGRES is docker")
      }
    } finally {
      await close()
    }
  })
})
