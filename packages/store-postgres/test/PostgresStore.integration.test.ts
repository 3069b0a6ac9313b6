import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import type { Scope } from "effect"

import { Chain, Doctor, type Driver, Feed } from "@foreman/core"
import { PostgresStore } from "@foreman/store-postgres"

import * as PostgresDatabases from "./PostgresDatabases.ts"

it.live("lets two processes write one database, gapless and once", () =>
  Effect.gen(function* () {
    const url = yield* PostgresDatabases.database
    const store = yield* PostgresStore.make({ url })
    const following = Feed.follow(store, { organization: "acme", after: 0 })
    const follower = yield* Effect.forkChild(Stream.runCollect(Stream.take(following, 960)))
    const children = [yield* startWriter(url, "a", 16, 30), yield* startWriter(url, "b", 16, 30)]
    for (const child of children) {
      expect(yield* child.ended).toBe(0)
      expect(new Set(child.lines).size).toBe(480)
      expect(child.lines.every((line) => line.startsWith("Committed "))).toBe(true)
    }
    const events = yield* Fiber.join(follower)
    expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1))
    expect(yield* Effect.promise(() => Chain.firstBroken(events))).toBeUndefined()
    const keys = events.map(({ body }) => `Committed ${JSON.parse(body).key}`)
    expect(keys.toSorted()).toEqual(children.flatMap(({ lines }) => lines).toSorted())
    expect(yield* everything(store)).toEqual(events)
  })
)

it.live("loses nothing that was acknowledged when its process is killed", () =>
  Effect.gen(function* () {
    const url = yield* PostgresDatabases.database
    let total = 0
    for (const round of ["a", "b", "c"]) {
      const child = yield* startWriter(url, round, 16, 100_000)
      yield* child.acknowledged(1 + Math.floor(Math.random() * 300))
      child.kill()
      yield* child.ended
      yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* PostgresStore.make({ url })
          const events = yield* everything(store)
          const written = new Set(events.map(({ body }) => JSON.parse(body).key))
          for (const line of child.lines) {
            const key = line.slice("Committed ".length)
            expect(written).toContain(key)
            expect(yield* store.receipt("acme", key)).toMatchObject({ answer: key })
          }
          expect(events.length).toBeGreaterThanOrEqual(total + child.lines.length)
          expect(events.length).toBe(written.size)
          expect(yield* Effect.promise(() => Chain.firstBroken(events))).toBeUndefined()
          expect(yield* Doctor.check(store, { invariants: ofLogs })).toMatchObject({
            violations: 0
          })
          total = events.length
        })
      )
    }
  })
)

it.live("ends by itself when nothing is left to do, though nobody closed the store", () =>
  Effect.gen(function* () {
    const child = yield* startWriter(yield* PostgresDatabases.database, "a", 1, 1)
    expect(yield* child.ended).toBe(0)
    expect(child.lines).toEqual(["Committed a/0/0"])
  })
)

it.live("makes one store of a database that several open at once", () =>
  Effect.gen(function* () {
    const url = yield* PostgresDatabases.database
    const open = PostgresStore.make({ url })
    const stores = yield* Effect.all([open, open, open, open], { concurrency: "unbounded" })
    for (const [index, store] of stores.entries()) {
      const events = [{ stream: "a", type: "b", body: "{}" }]
      const batch = { organization: "acme", reliesOn: [], steps: [], events }
      expect(yield* store.commit(batch)).toMatchObject({ position: index + 1 })
    }
    const migrations = yield* Effect.promise(() =>
      PostgresDatabases.rows(url, "SELECT number::int FROM foreman.migrations ORDER BY number")
    )
    const once = Array.from(migrations, (_, index) => index + 1)
    expect(migrations.map((row) => row["number"])).toEqual(once)
    expect(once.length).toBeGreaterThan(2)
  })
)

// internal --------------------------------------------------------------------

/** What holds of any log; the events of these writers are none of Foreman's. */
const ofLogs = ["I-01", "I-02", "I-03", "I-04", "I-05", "I-66", "I-68"] as const

const everything = (store: Driver.Driver) => store.readAll("acme", { after: 0, limit: 1_000_000 })

interface Child {
  readonly lines: ReadonlyArray<string>
  readonly acknowledged: (count: number) => Effect.Effect<void>
  readonly ended: Effect.Effect<unknown>
  readonly kill: () => void
}

/** A process that writes. It ends with the scope if not before. */
const startWriter = (
  url: string,
  name: string,
  writers: number,
  count: number
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const program = fileURLToPath(new URL("./writer.ts", import.meta.url))
      const args = ["--conditions=@foreman/source", program, url, name, `${writers}`, `${count}`]
      const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] })
      const lines: Array<string> = []
      const waiting: Array<() => void> = []
      let rest = ""
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        // What the kill cut short was not acknowledged to anybody.
        const whole = `${rest}${text}`.split("\n")
        rest = whole.pop() ?? ""
        lines.push(...whole)
        for (const look of waiting) look()
      })
      const closed = once(child.stdout, "close")
      const code = once(child, "exit").then(([number]: ReadonlyArray<unknown>) => number)
      return {
        lines,
        acknowledged: (wanted: number) =>
          Effect.callback<void>((resume) => {
            const look = () => lines.length >= wanted && resume(Effect.void)
            waiting.push(look)
            look()
          }),
        ended: Effect.promise(() => closed.then(() => code)),
        kill: () => child.kill("SIGKILL")
      }
    }),
    (child) =>
      Effect.suspend(() => {
        child.kill()
        return child.ended
      })
  )
