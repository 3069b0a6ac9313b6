/**
 * Whether those outside who are told what happens can be reached.
 *
 * @internal
 */
import { Effect } from "effect"
import type { Driver, Row, StoreError } from "../ports/Driver.ts"

// services --------------------------------------------------------------------

/** `ok`, or why which notifier does not get through, and how much waits for it. */
export const notificationsOf = Effect.fnUntraced(function* (
  driver: Driver
): Effect.fn.Return<string, StoreError> {
  const local = { kind: "organization_slug", id: "local" }
  const row = yield* driver.get("system", "directory", local)
  if (row === undefined) return "ok"
  const organization = String(row["organization"])
  const problems: Array<string> = []
  for (const channel of yield* channelsOf(driver, organization)) {
    const waiting = yield* inState(driver, organization, { channel, state: "due" })
    const failing = waiting.filter(({ attempts }) => Number(attempts) >= enoughTries)
    const [given] = yield* inState(driver, organization, { channel, state: "dead" })
    const problem = failing[0]?.["problem"] ?? given?.["problem"]
    if (problem === undefined) continue
    const count = failing.length < looked ? failing.length : `${looked} or more`
    const words = given === undefined ? `${count} wait` : `${count} wait, others were given up`
    problems.push(`${String(problem)}; ${words}`)
  }
  return problems.length === 0 ? "ok" : `error: ${problems.join("; ")}`
})

// internal --------------------------------------------------------------------

/** Whoever is away for a moment is none to speak of. */
const enoughTries = 3
const looked = 50
const mostChannels = 20

const channelsOf = (driver: Driver, organization: string) =>
  Effect.map(
    driver.find({
      organization,
      table: "cursors",
      index: "key",
      equals: {},
      range: { column: "name", from: prefix, to: `${prefix}\uFFFF` },
      limit: mostChannels
    }),
    (rows) => rows.map(({ name }) => String(name).slice(prefix.length))
  )

const prefix = "notifier:"

const inState = (driver: Driver, organization: string, equals: Row) =>
  driver.find({
    organization,
    table: "deliveries",
    index: "deliveries_by_state",
    equals,
    limit: looked
  })
