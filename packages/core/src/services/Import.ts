/**
 * Fills an empty store with what `Export` wrote of another one: all of it, or nothing.
 *
 * History is taken over as it was, and the store checks that each event follows from the one before
 * it. Projections are made again from the events and compared with what the other store held.
 *
 * @since 0.1.0
 */
import { Data, Effect } from "effect"
import type { Stream } from "effect"
import type { ArtifactStore, ArtifactStoreError } from "../ports/ArtifactStore.ts"
import type { Driver, StoreError } from "../ports/Driver.ts"
import type { Filling, Sequence, StoreNotEmpty } from "../ports/Transfer.ts"
import { NotMovable, type Summary } from "./Export.ts"
import * as ImportArtifact from "./ImportArtifact.ts"
import * as ImportLines from "./ImportLines.ts"
import * as ImportOrganization from "./ImportOrganization.ts"
import type { ImportRefused } from "./ImportRefusal.ts"

// models ----------------------------------------------------------------------

/**
 * What is done with an export besides reading it.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** Where the bytes of artifacts go. Without it those that come are checked and left. */
  readonly artifacts?: ArtifactStore
  /** Does all of it and then takes it back, to see whether it would be refused. */
  readonly dryRun?: boolean
  /**
   * Takes the rows that the events say, also where the other store held others. It is for a store
   * that is lost: one that is there is better rebuilt before it is exported.
   */
  readonly trustEvents?: boolean
  /** Hears now and then how far it is. */
  readonly progress?: (summary: Summary) => void
}

/**
 * What was imported. Bytes of artifacts that nobody took are counted as missing.
 *
 * @category models
 * @since 0.1.0
 */
export interface Imported extends Summary {
  /** What kind of store it comes from. */
  readonly from: string
  /** When it was exported, in microseconds since 1970. */
  readonly at: number
}

// services --------------------------------------------------------------------

/**
 * Imports an export into a store that has never been used.
 *
 * **Gotchas**
 *
 * Bytes of artifacts are kept as they come, before the store is: what was kept of an import that is
 * refused later is found again, by its digest, by the next one.
 *
 * **Example** (From one store to another)
 *
 * ```ts import.meta.vitest
 * import { Effect, Stream } from "effect"
 * import { DriverMemory, Export, Import } from "@foreman/core"
 *
 * const program = Effect.gen(function* () {
 *   const [from, into] = [yield* DriverMemory.make, yield* DriverMemory.make]
 *   yield* from.allocate("tasks", 7)
 *   const bytes: Array<Uint8Array> = []
 *   yield* Export.write(from, { out: (chunk) => Effect.sync(() => void bytes.push(chunk)) })
 *   yield* Import.read(into, Stream.fromIterable(bytes))
 *   return yield* into.allocate("tasks", 1)
 * })
 *
 * await Effect.runPromise(program) // => 8
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const read = <E = never, R = never>(
  driver: Driver,
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: Options = {}
): Effect.Effect<
  Imported,
  StoreError | StoreNotEmpty | ArtifactStoreError | NotMovable | ImportRefused | E,
  R
> => {
  const { capabilities, fill } = driver
  if (fill === undefined) return Effect.fail(new NotMovable({ store: capabilities.name }))
  const filled = fill((into) =>
    Effect.scoped(readAll(into, bytes, options)).pipe(
      Effect.filterOrFail(
        () => options.dryRun !== true,
        (imported) => new TakenBack({ imported })
      )
    )
  )
  return Effect.catch(filled, (error) =>
    error instanceof TakenBack
      ? Effect.succeed(error.imported)
      : // As: what is not a TakenBack is the rest.
        Effect.fail(error as Exclude<typeof error, TakenBack>)
  )
}

// internal --------------------------------------------------------------------

/** Ends an import that was only tried. */
class TakenBack extends Data.TaggedError("TakenBack")<{ readonly imported: Imported }> {}

const readAll = Effect.fnUntraced(function* <E, R>(
  into: Filling,
  bytes: Stream.Stream<Uint8Array, E, R>,
  options: Options
) {
  const lines = yield* ImportLines.make(bytes)
  const { header, next, refuse } = lines
  const counted = {
    from: header.store,
    at: header.at,
    organizations: 0,
    events: 0,
    receipts: 0,
    rows: 0,
    artifacts: 0,
    missing: 0,
    bytes: 0
  }
  const progress = () => {
    counted.bytes = lines.bytes()
    options.progress?.(counted)
  }
  const reading: ImportOrganization.Reading<E, R> = {
    into,
    lines,
    counted,
    progress,
    trustEvents: options.trustEvents === true
  }
  const artifacts = options.dryRun === true ? undefined : options.artifacts
  let latest = ""
  for (let line = yield* next; line !== undefined; line = yield* next) {
    if (line.kind === "organization") {
      yield* ImportOrganization.read(reading, line, latest)
      latest = line.organization
    } else if (line.kind === "sequence") {
      yield* into.number([line satisfies Sequence])
    } else if (line.kind === "bytes") {
      const isKept = yield* ImportArtifact.read(lines, line, artifacts)
      const wouldBe = options.dryRun === true && options.artifacts !== undefined
      if (isKept || wouldBe) counted.artifacts += 1
      else counted.missing += 1
    } else return yield* refuse({ _tag: "Misplaced", kind: line.kind })
    progress()
  }
  progress()
  return counted satisfies Imported
})

export { ImportRefused, type Reason } from "./ImportRefusal.ts"
