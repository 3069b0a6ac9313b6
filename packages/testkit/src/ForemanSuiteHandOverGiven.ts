/**
 * What is offered in tests of hand-overs, and the words for it.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import {
  Attempts,
  Driver,
  Offers,
  Shell,
  StoreClock,
  type Task,
  Tenure,
  Tokens
} from "@foreman/core"
import type * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Whether an agent has done its part.
 *
 * @category testing
 * @since 0.1.0
 */
export const isDone = ({ status }: Task.Task) => status === "in_review"

/**
 * The offers of an organisation that nobody has taken.
 *
 * @category testing
 * @since 0.1.0
 */
export const offered = Effect.fnUntraced(function* (organization: string) {
  const driver = yield* Driver.Driver
  const query = { organization, table: "offers", index: "key", equals: {}, limit: 100 }
  const rows = yield* Effect.orDie(driver.find(query))
  return rows.filter(({ attempt }) => attempt === null)
})

/**
 * Waits for so many offers. What is offered is no event, so that is asked again and again.
 *
 * @category testing
 * @since 0.1.0
 */
export const untilOffered = (organization: string, count: number) =>
  offered(organization).pipe(
    Effect.delay("5 millis"),
    Effect.repeat({ until: ({ length }) => length === count }),
    Effect.timeout("20 seconds"),
    Effect.orDie
  )

/**
 * An offer of a dispatcher that does nothing else, and whose tenure lasts so long.
 *
 * @category testing
 * @since 0.1.0
 */
export const offerOf = Effect.fnUntraced(function* (
  { engineers: [engineer], organization, team }: TestForeman.GivenTeam,
  ttlMillis: number
) {
  assert(engineer !== undefined)
  const shell = yield* Shell.Shell
  const clock = yield* StoreClock.StoreClock
  const wanted = { organization: organization.id, name: "dispatcher", holder: "dead", ttlMillis }
  const tenure = yield* Tenure.acquire(shell, clock, wanted)
  assert(tenure !== undefined)
  const runId = yield* Attempts.nextRunId
  const tokenHash = yield* Tokens.hashOf(Tokens.random("run"))
  const place = { teamId: team.id, agentId: engineer.id, role: engineer.role }
  const times = { startMillis: 15_000, tokenMicros: 60_000_000 }
  const step = Offers.made({ tenure, runId, ...place, ...times, tokenHash })
  const batch = { organization: organization.id, reliesOn: [], steps: [step], events: [] }
  const answer = yield* shell.read((driver) => driver.commit(batch))
  assert.strictEqual(answer._tag, "Committed")
})
