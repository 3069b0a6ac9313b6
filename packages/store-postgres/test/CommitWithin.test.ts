import { describe, expect, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Stream } from "effect"
import type pg from "pg"

import { createForeman, Driver, Feed } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

import * as PostgresDatabases from "./PostgresDatabases.ts"

const batch = (id: number, parts: Partial<Driver.Batch> = {}): Driver.Batch => ({
  organization: "acme",
  reliesOn: [],
  steps: [{ _tag: "Insert", table: "directory", row: { kind: "task", id: String(id) } }],
  events: [{ stream: `task:${id}`, type: "task.created", body: `{"id":${id}}` }],
  receipt: { key: `create ${id}`, digest: "d", answer: String(id) },
  ...parts
})

/** A store, and an application's own table beside it. */
const shop = Effect.gen(function* () {
  const url = yield* PostgresDatabases.database
  const store = yield* PostgresStore.make({ url })
  yield* Effect.promise(() =>
    PostgresDatabases.execute(
      url,
      "CREATE TABLE public.orders (id int PRIMARY KEY CHECK (id > 0), task_id int)"
    )
  )
  return { store, url }
})

/** Runs a transaction of the application, which ends as the body says. */
const transaction = (
  url: string,
  body: (client: pg.Client) => Promise<"COMMIT" | "ROLLBACK">,
  begin = "BEGIN"
) =>
  Effect.promise(() =>
    PostgresDatabases.onDatabase(url, async (client) => {
      await client.query(begin)
      await client.query(await body(client))
    })
  )

const commitWithin = (client: pg.Client, wanted: Driver.Batch) =>
  Effect.runPromise(PostgresStore.commitWithin(client, wanted))

const orders = (url: string) =>
  Effect.promise(() => PostgresDatabases.rows(url, "SELECT id FROM public.orders ORDER BY id"))

// #region order
/** Takes an order and plans its packing, both or neither. */
const order = async (store: Driver.Driver, client: pg.Client, teamId: string, id: number) => {
  await client.query("BEGIN")
  try {
    await using foreman = await createForeman({ store: PostgresStore.layerWithin(store, client) })
    const task = await foreman.createTask({ teamId, title: `Pack order ${id}` })
    await client.query("INSERT INTO orders (id, task_id) VALUES ($1, $2)", [id, task.id])
    await client.query("COMMIT")
    return task.id
  } catch (cause) {
    await client.query("ROLLBACK")
    throw cause
  }
}
// #endregion order

const planTeam = async (store: Driver.Driver): Promise<string> => {
  await using foreman = await createForeman({ store: Layer.succeed(Driver.Driver, store) })
  const org = await foreman.createOrganization({ name: "Shop", slug: "shop" })
  const { id } = await foreman.createTeam({ orgId: org.id, name: "Packing", slug: "packing" })
  return id
}

const tasksOf = async (store: Driver.Driver, teamId: string) => {
  await using foreman = await createForeman({ store: Layer.succeed(Driver.Driver, store) })
  const { items } = await foreman.listTasks({ teamId })
  return { tasks: items.map(({ title }) => title) }
}

describe("a commit within a caller's own transaction", () => {
  it.live("happens with the caller's rows, and the feed sees it", () =>
    Effect.gen(function* () {
      const { store, url } = yield* shop
      const following = Feed.follow(store, { organization: "acme", after: 0, poll: "1 hour" })
      const follower = yield* Effect.forkChild(Stream.runCollect(Stream.take(following, 2)), {
        startImmediately: true
      })
      yield* store.commit(batch(1))
      yield* transaction(url, async (client) => {
        await client.query("INSERT INTO orders VALUES (7)")
        expect(await commitWithin(client, batch(2))).toMatchObject({
          _tag: "Committed",
          position: 2,
          versions: [{ stream: "task:2", version: 1 }]
        })
        // Nobody sees it before the caller commits.
        expect(await Effect.runPromise(store.readAll("acme", { after: 1, limit: 9 }))).toEqual([])
        return "COMMIT"
      })
      expect(yield* orders(url)).toEqual([{ id: 7 }])
      const events = yield* Fiber.join(follower)
      expect(events.map(({ stream }) => stream)).toEqual(["task:1", "task:2"])
      expect(yield* store.commit(batch(2))).toMatchObject({ _tag: "Duplicate" })
    })
  )

  it.live("is rolled back with the caller's rows", () =>
    Effect.gen(function* () {
      const { store, url } = yield* shop
      yield* transaction(url, async (client) => {
        await client.query("INSERT INTO orders VALUES (7)")
        expect(await commitWithin(client, batch(1))).toMatchObject({ _tag: "Committed" })
        return "ROLLBACK"
      })
      expect(yield* orders(url)).toEqual([])
      expect(yield* store.readAll("acme", { after: 0, limit: 9 })).toEqual([])
      expect(yield* store.receipt("acme", "create 1")).toBeUndefined()
      expect(yield* store.commit(batch(1))).toMatchObject({ _tag: "Committed", position: 1 })
    })
  )

  it.live("that is refused leaves the caller's transaction as it was", () =>
    Effect.gen(function* () {
      const { store, url } = yield* shop
      yield* store.commit(batch(1))
      yield* transaction(url, async (client) => {
        await client.query("INSERT INTO orders VALUES (7)")
        const { receipt: _, ...bare } = batch(1)
        expect(await commitWithin(client, bare)).toEqual({
          _tag: "ConstraintBroken",
          constraint: "directory_key"
        })
        expect(
          await commitWithin(client, batch(2, { reliesOn: [{ stream: "task:1", version: 9 }] }))
        ).toEqual({ _tag: "Conflict", actual: [{ stream: "task:1", version: 1 }] })
        const missing: Driver.Step = { _tag: "Require", table: "tasks", key: { id: 1 } }
        expect(await commitWithin(client, batch(2, { steps: [missing] }))).toMatchObject({
          _tag: "GuardFailed"
        })
        expect(await commitWithin(client, batch(1))).toMatchObject({ _tag: "Duplicate" })
        return "COMMIT"
      })
      expect(yield* orders(url)).toEqual([{ id: 7 }])
      expect(yield* store.readAll("acme", { after: 0, limit: 9 })).toHaveLength(1)
    })
  )

  it.live("makes the others of its organization wait, and those of another one not", () =>
    Effect.gen(function* () {
      const { store, url } = yield* shop
      let order = ""
      yield* transaction(url, async (client) => {
        await commitWithin(client, batch(1))
        const waiting = Effect.runPromise(store.commit(batch(2))).then(() => (order += "own "))
        await Effect.runPromise(store.commit({ ...batch(3), organization: "other" }))
        order += "other "
        await client.query("COMMIT")
        await waiting
        return "ROLLBACK"
      })
      expect(order).toBe("other own ")
      expect(yield* store.readAll("acme", { after: 0, limit: 9 })).toHaveLength(2)
    })
  )

  it.live("lets Foreman create a task with the caller's rows", () =>
    Effect.gen(function* () {
      const { store, url } = yield* shop
      const teamId = yield* Effect.promise(() => planTeam(store))
      yield* Effect.promise(() =>
        PostgresDatabases.onDatabase(url, async (client) => {
          await expect(order(store, client, teamId, -1)).rejects.toThrow(/orders_id_check/)
          const taskId = await order(store, client, teamId, 7)
          const { rows } = await client.query("SELECT id, task_id FROM orders")
          expect(rows).toEqual([{ id: 7, task_id: taskId }])
        })
      )
      const { tasks } = yield* Effect.promise(() => tasksOf(store, teamId))
      expect(tasks).toEqual(["Pack order 7"])
    })
  )

  it.live("needs READ COMMITTED, and says so", () =>
    Effect.gen(function* () {
      const { url } = yield* shop
      yield* transaction(
        url,
        async (client) => {
          const failure = await Effect.runPromise(
            Effect.flip(PostgresStore.commitWithin(client, batch(1)))
          )
          expect(failure).toMatchObject({ retryable: false, ambiguous: false })
          expect(failure.message).toContain("READ COMMITTED")
          return "ROLLBACK"
        },
        "BEGIN ISOLATION LEVEL SERIALIZABLE"
      )
    })
  )

  it.live("is open to a user who may do that and nothing else", () =>
    Effect.gen(function* () {
      const { url } = yield* shop
      const user = `shop_${new URL(url).pathname.slice(-12)}`
      const as = PostgresDatabases.addressOf(url, { user, password: "secret" })
      const run = (statements: string) =>
        Effect.promise(() => PostgresDatabases.execute(url, statements))
      yield* Effect.acquireRelease(
        run(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'; GRANT USAGE ON SCHEMA foreman TO ${user};
          GRANT EXECUTE ON FUNCTION foreman.commit_within TO ${user}`),
        () => run(`DROP OWNED BY ${user}; DROP ROLE ${user}`)
      )
      yield* transaction(as, async (client) => {
        expect(await commitWithin(client, batch(1))).toMatchObject({ _tag: "Committed" })
        return "COMMIT"
      })
      const refused = yield* Effect.promise(() =>
        PostgresDatabases.rows(as, "SELECT * FROM foreman.events").catch(String)
      )
      expect(refused).toContain("permission denied")
    })
  )
})
