/**
 * Exports of small stores, whole and spoiled, and what an import says to them.
 */
import { createHash } from "node:crypto"
import { expect } from "@effect/vitest"
import { Effect, Layer, Schedule, Stream } from "effect"

import { ArtifactStore, Driver, DriverMemory, Export, Import } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

export type Line = Record<string, unknown>

export const exported = Effect.fnUntraced(function* (
  driver: Driver.Driver,
  artifacts?: ArtifactStore.ArtifactStore
) {
  const chunks: Array<Uint8Array> = []
  const out = (bytes: Uint8Array) => Effect.sync(() => void chunks.push(bytes))
  const summary = yield* Export.write(driver, { out, ...(artifacts && { artifacts }) })
  return { summary, bytes: Buffer.concat(chunks) }
})

/** An export of a store in which a task was worked on, with the bytes of what its run wrote. */
export const lived = Effect.gen(function* () {
  const driver = yield* DriverMemory.make
  const { bytes, id } = yield* Effect.gen(function* () {
    const given = yield* TestForeman.givenTeam()
    const task = yield* TestForeman.givenTask(given)
    yield* TestForeman.givenTask(given, { dependsOn: [task.id] })
    yield* TestForeman.untilTask(task.id, ({ status }) => status === "in_review")
    // No event says that what waits for a task has given it its rank.
    const row = driver.get(given.organization.id, "tasks", { id: task.id })
    yield* Effect.repeat(row, {
      until: (found) => found?.["rank"] === 1,
      schedule: Schedule.max([Schedule.spaced("5 millis"), Schedule.recurs(4_000)])
    })
    const artifacts = yield* ArtifactStore.ArtifactStore
    return { id: task.id, ...(yield* exported(driver, artifacts)) }
  }).pipe(
    Effect.provide(TestForeman.layer({ store: Layer.succeed(Driver.Driver, driver), reactors: {} }))
  )
  return { driver, bytes, id, lines: linesOf(bytes) }
})

export const linesOf = (bytes: Uint8Array): ReadonlyArray<Line> =>
  Buffer.from(bytes)
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line))

/** Lines with a trailer that fits them, as somebody would write them who wants them to be taken. */
export const sealed = (lines: ReadonlyArray<Line>): Buffer => {
  const within = lines.filter(({ kind }) => kind !== "trailer")
  const text = within.map((line) => `${JSON.stringify(line)}\n`).join("")
  const digest = createHash("sha256").update(text).digest("hex")
  return Buffer.from(
    `${text}${JSON.stringify({ kind: "trailer", lines: within.length, digest })}\n`
  )
}

export const read = (driver: Driver.Driver, bytes: Uint8Array, options: Import.Options = {}) =>
  Import.read(driver, Stream.make(bytes), options)

/** What an empty store says to bytes, which must leave it empty. */
export const refusal = Effect.fnUntraced(function* (
  bytes: Uint8Array,
  options: Import.Options = {}
) {
  const driver = yield* DriverMemory.make
  const error = yield* Effect.flip(read(driver, bytes, options))
  const { summary } = yield* exported(driver)
  expect(summary).toMatchObject({ organizations: 0, events: 0, receipts: 0, rows: 0 })
  expect(yield* driver.allocate("tasks", 1)).toBe(1)
  return error
})

export const edited = (
  lines: ReadonlyArray<Line>,
  kind: string,
  change: (line: Line) => Line,
  n = 0
) => {
  const chosen = lines.filter((line) => line["kind"] === kind).at(n)
  return lines.map((line) => (line === chosen ? change(line) : line))
}
