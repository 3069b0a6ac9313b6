/**
 * What a store promises to several processes at once, and to those that are killed. Each is a real one:
 * a program that calls `StoreWriter.main`.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import process from "node:process"
import { fileURLToPath } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import { Context, Effect, Fiber, Layer, Stream } from "effect"
import type { Scope } from "effect"

import { Chain, Doctor, Driver, Feed } from "@foreman/core"
import type { Backend } from "./StoreSuiteSubject.ts"

// models ----------------------------------------------------------------------

/**
 * A store that several processes open.
 *
 * @category models
 * @since 0.1.0
 */
export interface Subject extends Required<Pick<Backend, "layer" | "location">> {
  /** The program that writes, as a file that Node runs. */
  readonly writer: URL
  /** What Node is told besides. */
  readonly flags?: ReadonlyArray<string>
  /** The numbers of the migrations that a store has been through, in their order. */
  readonly migrations: (location: string) => Effect.Effect<ReadonlyArray<number>>
}

// testing ---------------------------------------------------------------------

/**
 * Runs these promises for a store.
 *
 * **Example** (Several processes on one file)
 *
 * ```ts
 * import type { ProcessesSuite as Suite } from "@foreman/testkit"
 * import { ProcessesSuite } from "@foreman/testkit"
 *
 * const run = (files: Suite.Subject): void => ProcessesSuite.run("sqlite", files)
 * ```
 *
 * @category testing
 * @since 0.1.0
 */
export const run = (name: string, subject: Subject): void => {
  describe(`several processes on ${name}`, () => {
    it.live("write one store, gapless and once", () => together(subject))

    it.live("lose nothing that was acknowledged when they are killed", () => killed(subject))

    it.live("end by themselves when nothing is left to do, though nobody closed the store", () =>
      Effect.gen(function* () {
        const child = yield* startWriter(subject, yield* subject.location, ["a", 1, 1])
        expect(yield* child.ended).toBe(0)
        expect(child.lines).toEqual(["Committed a/0/0"])
      })
    )

    it.live("make one store of a place that they open at once", () =>
      Effect.gen(function* () {
        const location = yield* subject.location
        const opening = open(subject, location)
        const all = [opening, opening, opening, opening]
        const stores = yield* Effect.all(all, { concurrency: "unbounded" })
        for (const [index, store] of stores.entries()) {
          const events = [{ stream: "a", type: "b", body: "{}" }]
          const batch = { organization: "acme", reliesOn: [], steps: [], events }
          expect(yield* store.commit(batch)).toMatchObject({ position: index + 1 })
        }
        const migrations = yield* subject.migrations(location)
        expect(migrations).toEqual(Array.from(migrations, (_, index) => index + 1))
        expect(migrations.length).toBeGreaterThan(2)
      })
    )
  })
}

// internal --------------------------------------------------------------------

/** What holds of any log; the events of these writers are none of Foreman's. */
const ofLogs = ["I-01", "I-02", "I-03", "I-04", "I-05", "I-66", "I-68"] as const

const open = (
  { layer }: Subject,
  location: string
): Effect.Effect<Driver.Driver, Driver.StoreError, Scope.Scope> =>
  Effect.map(Layer.build(Layer.fresh(layer(location))), (context) =>
    Context.get(context, Driver.Driver)
  )

const everything = (store: Driver.Driver) => store.readAll("acme", { after: 0, limit: 1_000_000 })

const together = Effect.fnUntraced(function* (subject: Subject) {
  const location = yield* subject.location
  const store = yield* open(subject, location)
  const following = Feed.follow(store, { organization: "acme", after: 0 })
  const follower = yield* Effect.forkChild(Stream.runCollect(Stream.take(following, 960)))
  const children = [
    yield* startWriter(subject, location, ["a", 16, 30]),
    yield* startWriter(subject, location, ["b", 16, 30])
  ]
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

const killed = Effect.fnUntraced(function* (subject: Subject) {
  const location = yield* subject.location
  let total = 0
  for (const round of ["a", "b", "c", "d"]) {
    const child = yield* startWriter(subject, location, [round, 16, 100_000])
    yield* child.acknowledged(1 + Math.floor(Math.random() * 300))
    child.kill()
    yield* child.ended
    total = yield* Effect.scoped(looked(subject, location, { lines: child.lines, total }))
  }
})

/** Looks at what a writer has left, and says how many events there are. */
const looked = Effect.fnUntraced(function* (
  subject: Subject,
  location: string,
  { lines, total }: { readonly lines: ReadonlyArray<string>; readonly total: number }
) {
  const store = yield* open(subject, location)
  const events = yield* everything(store)
  const written = new Set(events.map(({ body }) => JSON.parse(body).key))
  for (const line of lines) {
    const key = line.slice("Committed ".length)
    expect(written).toContain(key)
    expect(yield* store.receipt("acme", key)).toMatchObject({ answer: key })
  }
  expect(events.length).toBeGreaterThanOrEqual(total + lines.length)
  expect(events.length).toBe(written.size)
  expect(yield* Effect.promise(() => Chain.firstBroken(events))).toBeUndefined()
  expect(yield* Doctor.check(store, { invariants: ofLogs })).toMatchObject({ violations: 0 })
  return events.length
})

interface Child {
  readonly lines: ReadonlyArray<string>
  readonly acknowledged: (count: number) => Effect.Effect<void>
  readonly ended: Effect.Effect<unknown>
  readonly kill: () => void
}

/** A process that writes: its name, how many at once, and how often each. It ends with the scope. */
const startWriter = (
  { flags = [], writer }: Subject,
  location: string,
  wanted: readonly [name: string, writers: number, count: number]
): Effect.Effect<Child, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const args = [...flags, fileURLToPath(writer), location, ...wanted.map(String)]
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
