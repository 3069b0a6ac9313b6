/**
 * Who does what only one process may do: a row of `singletons`, held by renewing it.
 *
 * Safety does not rest on time alone: whatever the holder writes requires, where it is written, that
 * the row still has its token.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { StoreUnavailable } from "../operations/Refusal.ts"
import type { Answer, Condition, Row, Step } from "../ports/Driver.ts"
import type { Shell } from "./Shell.ts"
import type { StoreClock } from "./StoreClock.ts"

// models ----------------------------------------------------------------------

/**
 * A held row.
 *
 * @category models
 * @since 0.1.0
 */
export interface Tenure {
  readonly organization: string
  readonly name: string
  readonly holder: string
  /** Rises with every new holder. */
  readonly token: number
  /** How long it lasts without a renewal, counted from before the store was asked for it. */
  readonly lastsMillis: number
}

/**
 * What is to be held, and for how long without a renewal.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wanted {
  readonly organization: string
  readonly name: string
  readonly holder: string
  readonly ttlMillis: number
}

// services --------------------------------------------------------------------

/**
 * Takes the row if it is free or its holder has not renewed it; undefined while another one has it.
 *
 * That is judged by the store's time. Whoever has only stood by has not heard it, and asks first.
 *
 * @category services
 * @since 0.1.0
 */
export const acquire = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  clock: StoreClock["Service"],
  { holder, name, organization, ttlMillis }: Wanted
): Effect.fn.Return<Tenure | undefined, StoreUnavailable> {
  if (!(yield* clock.isFresh)) yield* write(shell, clock, organization, [])
  const row = yield* shell.read((driver) => driver.get(organization, table, { name }))
  const now = yield* clock.now
  const until = now + ttlMillis * 1000
  const isTaken = row !== undefined && Number(row["until"]) > now && row["holder"] !== holder
  if (isTaken) return undefined
  const token = Number(row?.["token"] ?? 0) + 1
  const next = { holder, token, until }
  const answer = yield* write(shell, clock, organization, [
    row === undefined
      ? { _tag: "Insert", table, row: { name, ...next } }
      : { _tag: "Set", table, key: { name }, row: next, where: [tokenIs(Number(row["token"]))] }
  ])
  if (answer._tag !== "Committed") return undefined
  return { organization, name, holder, token, lastsMillis: leftOf(until, answer.at) }
})

/**
 * Holds on for another while, and says for how many milliseconds, counted from before the store was
 * asked. Undefined when another one has it now.
 *
 * @category services
 * @since 0.1.0
 */
export const renew = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  clock: StoreClock["Service"],
  tenure: Tenure,
  ttlMillis: number
): Effect.fn.Return<number | undefined, StoreUnavailable> {
  const until = (yield* clock.now) + ttlMillis * 1000
  const answer = yield* write(shell, clock, tenure.organization, [change(tenure, { until })])
  return answer._tag === "Committed" ? leftOf(until, answer.at) : undefined
})

/**
 * Lets go, so that another one need not wait.
 *
 * @category services
 * @since 0.1.0
 */
export const release = (
  shell: Shell["Service"],
  clock: StoreClock["Service"],
  tenure: Tenure
): Effect.Effect<void, StoreUnavailable> =>
  Effect.asVoid(write(shell, clock, tenure.organization, [change(tenure, { until: 0 })]))

/**
 * The step that holds only while the tenure does.
 *
 * @category services
 * @since 0.1.0
 */
export const fenceOf = ({ name, token }: Tenure): Step => ({
  _tag: "Require",
  table,
  key: { name },
  where: [tokenIs(token)]
})

// internal --------------------------------------------------------------------

const table = "singletons"

const tokenIs = (token: number): Condition => ({ columns: ["token"], is: "=", than: token })

/** The store said its time when it wrote, which was not before it was asked. */
const leftOf = (until: number, at: number): number => (until - at) / 1000

const change = ({ name, token }: Tenure, row: Row): Step => ({
  _tag: "Set",
  table,
  key: { name },
  row,
  where: [tokenIs(token)]
})

const write = (
  shell: Shell["Service"],
  clock: StoreClock["Service"],
  organization: string,
  steps: ReadonlyArray<Step>
): Effect.Effect<Answer, StoreUnavailable> =>
  shell
    .read((driver) => driver.commit({ organization, reliesOn: [], steps, events: [] }))
    .pipe(
      Effect.tap((answer) => (answer._tag === "Committed" ? clock.observe(answer.at) : Effect.void))
    )
