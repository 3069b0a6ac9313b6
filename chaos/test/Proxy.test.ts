import { once } from "node:events"
import { PostgresStore } from "@foreman/store-postgres"
import { Effect } from "effect"
import { Client } from "pg"
import { afterEach, describe, expect, it } from "vitest"
import { databaseUrl } from "../../tooling/src/postgres/testServer.ts"
import * as Frames from "../src/Frames.ts"
import * as Proxy from "../src/Proxy.ts"

const closing: Array<() => Promise<unknown>> = []

afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

const connect = async (url: string): Promise<Client> => {
  const client = new Client({ connectionString: url })
  // A connection that is cut says so here too.
  client.on("error", () => undefined)
  await client.connect()
  closing.push(() => client.end().catch(() => undefined))
  return client
}

const given = async () => {
  const url = await databaseUrl()
  const proxy = await Proxy.start(url)
  closing.push(proxy.close)
  const direct = await connect(url)
  const table = `cut_${crypto.randomUUID().replaceAll("-", "")}`
  await direct.query(`create table ${table} (id int)`)
  closing.push(() => direct.query(`drop table ${table}`))
  const through = await connect(proxy.url)
  const count = async () =>
    Number((await direct.query(`select count(*) from ${table}`)).rows[0].count)
  /** Inserts a row in a transaction, by one message for each of its parts or by prepared ones. */
  const insert = async (client: Client, isPrepared: boolean) => {
    const text = (query: string) => (isPrepared ? { text: query, name: query } : query)
    await client.query("begin")
    await client.query(text(`insert into ${table} values (1)`))
    await client.query(text("commit"))
  }
  return { count, insert, proxy, through }
}

describe("a proxy that cuts", () => {
  it("passes everything on while it is told nothing", async () => {
    const { count, insert, through } = await given()
    for (const isPrepared of [true, false, true]) await insert(through, isPrepared)
    expect(await count()).toBe(3)
  })

  it.each([
    ["before", false, 0],
    ["before", true, 0],
    ["answer", false, 1],
    ["answer", true, 1],
    ["late", false, 1],
    ["late", true, 1],
    ["inside", false, 0]
  ] as const)(
    "cuts %s a commit (prepared: %s), of which %i is stored",
    async (place, isPrepared, rows) => {
      const { count, insert, proxy, through } = await given()
      const cut = proxy.cut(place)
      await expect(insert(through, isPrepared)).rejects.toThrow(/terminated|ended/)
      expect(await cut).toBe(true)
      await expect.poll(count, { timeout: 20_000 }).toBe(rows)
    }
  )

  it("says that nothing was cut when nothing was committed", async () => {
    const { proxy, through } = await given()
    const cut = proxy.cut("before")
    await through.query("select 1")
    expect(await cut).toBe(false)
  })

  it("knows who listens, and ends them alone", async () => {
    const { proxy, through } = await given()
    const listener = await connect(proxy.url)
    await listener.query("listen something")
    const ended = once(listener, "error")
    expect(proxy.dropListeners()).toBe(1)
    await ended
    expect((await through.query("select 1 as one")).rows).toEqual([{ one: 1 }])
  })
})

describe("a store behind a proxy", () => {
  it("takes no answer for a commit before the server is ready again", async () => {
    const { proxy } = await given()
    const commit = Effect.gen(function* () {
      const store = yield* PostgresStore.make({ url: proxy.url })
      const batch = { organization: "acme", reliesOn: [], steps: [], events: [] }
      yield* store.commit(batch)
      const cut = proxy.cut("late")
      const told = yield* Effect.flip(store.commit(batch))
      return { ambiguous: told.ambiguous, cut: yield* Effect.promise(() => cut) }
    })
    const outcome = await Effect.runPromise(Effect.scoped(commit))
    expect(outcome).toEqual({ ambiguous: true, cut: true })
  })
})

describe("the messages of a client", () => {
  it("are the same wherever their bytes are divided", () => {
    const startup = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0])
    const query = Buffer.concat([Buffer.from("Q\0\0\0\v"), Buffer.from("commit\0")])
    const bytes = Buffer.concat([startup, query, query])
    for (let at = 0; at <= bytes.length; at++) {
      const framer = Frames.ofClient()
      const frames = [...framer(bytes.subarray(0, at)), ...framer(bytes.subarray(at))]
      expect(frames.map(({ type }) => type)).toEqual(["", "Q", "Q"])
      expect(frames.slice(1).map(Frames.queryOf)).toEqual(["commit", "commit"])
    }
  })
})
