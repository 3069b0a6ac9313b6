/**
 * What the doctor sees of rows that are made again from the events while these are looked at.
 *
 * @internal
 */
import { Effect, Result } from "effect"
import type { StoredEvent, StoreError } from "../ports/Driver.ts"
import * as DriverMemory from "../ports/DriverMemory.ts"
import type { Place } from "./DoctorRows.ts"
import * as RebuildChain from "./RebuildChain.ts"
import * as RebuildLook from "./RebuildLook.ts"
import { NotReplayable } from "./RebuildReplay.ts"

// models ----------------------------------------------------------------------

/** An organisation that is made again. */
export interface Rebuilding {
  /** Takes the next page of events, and where the chain of hashes breaks in it, if it does. */
  readonly take: (
    page: ReadonlyArray<StoredEvent>,
    firstBroken: number | undefined
  ) => Effect.Effect<void>
  /** Takes what was written meanwhile, and judges every row. */
  readonly judge: Effect.Effect<void, StoreError | RebuildLook.NeverAtRest>
}

// services --------------------------------------------------------------------

/** Begins before the first event. */
export const make = Effect.fnUntraced(function* (place: Place): Effect.fn.Return<Rebuilding> {
  const { driver, organization } = place
  const rebuilt = yield* DriverMemory.make
  const both = { driver, rebuilt, organization, see: () => Effect.void }
  let taken: Taken = Result.succeed(RebuildChain.beginning)
  return {
    take: Effect.fnUntraced(function* (page, firstBroken) {
      // The log is looked at to its end, also where no row can follow from it any more.
      if (Result.isFailure(taken)) return
      const { broken, last } = taken.success
      const from = { last, broken: broken ?? RebuildChain.inside(firstBroken) }
      const folded = RebuildChain.fold(both, page, from)
      taken = yield* folded.pipe(survived(organization), Effect.result)
    }),
    judge: Effect.gen(function* () {
      if (Result.isFailure(taken)) return judgeLost(place, taken.failure)
      const inspected = RebuildLook.inspect(both, taken.success).pipe(survived(organization))
      yield* inspected.pipe(
        Effect.map((found) => judgeRows(place, found)),
        Effect.catchTag("NotReplayable", (failure) => Effect.sync(() => judgeLost(place, failure)))
      )
    })
  }
})

// internal --------------------------------------------------------------------

type Taken = Result.Result<RebuildChain.Replayed, NotReplayable>

/** A history that is not Foreman's may also break the fold itself. */
const survived =
  (organization: string) =>
  <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E | NotReplayable> =>
    Effect.catchDefect(effect, (cause) =>
      Effect.fail(new NotReplayable({ organization, position: 0, cause }))
    )

const judgeLost = ({ tally }: Place, { position }: NotReplayable): void =>
  tally.judge("I-11", position === 0 ? "log" : `event ${position}`, "cannot be replayed")

const judgeRows = ({ tally }: Place, { differences, rows, total }: RebuildLook.Found): void => {
  for (const { key, rebuilt, stored, table } of differences) {
    const unlike = rebuilt === null ? "follows from no event" : "is otherwise than its events say"
    const where = `${table} ${Object.values(key).join("/")}`
    tally.judge("I-11", where, stored === null ? "is missing" : unlike)
  }
  const counted = Object.values(rows).reduce((sum, count) => sum + count, 0)
  const listed = differences.length
  tally.add("I-11", Math.max(counted - listed, 0), total - listed)
}
