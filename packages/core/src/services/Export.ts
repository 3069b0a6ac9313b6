/**
 * Writes all that a store holds at one moment as lines of JSON, for another store to read.
 *
 * It carries history with positions, times and hashes, receipts, tokens and what else no event says.
 * Projections are not in it: the other side makes them again and compares. Repositories are not in it
 * either, and the bytes of artifacts only when it is given the place where they are.
 *
 * @since 0.1.0
 */
import { Clock, Data, Effect } from "effect"
import type { ArtifactStore, ArtifactStoreError } from "../ports/ArtifactStore.ts"
import type { Driver, StoreError } from "../ports/Driver.ts"
import type { Snapshot } from "../ports/Transfer.ts"
import * as ExportFormat from "./ExportFormat.ts"
import * as ExportLines from "./ExportLines.ts"
import type { LineTooLarge } from "./ExportLines.ts"
import * as ExportParts from "./ExportParts.ts"

// models ----------------------------------------------------------------------

/**
 * What is carried, and how far it is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Summary {
  readonly organizations: number
  readonly events: number
  readonly receipts: number
  /** Rows that no event says. */
  readonly rows: number
  /** Artifacts whose bytes are carried. */
  readonly artifacts: number
  /** Artifacts whose bytes are not where they should be. */
  readonly missing: number
  readonly bytes: number
}

/**
 * Where an export goes, and what else it carries.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Options<E = never, R = never> {
  /** Takes the next bytes. The next come when it is done. */
  readonly out: (bytes: Uint8Array) => Effect.Effect<void, E, R>
  /** Where the bytes of artifacts are, if they are to be carried. */
  readonly artifacts?: ArtifactStore
  /** Hears now and then how far it is. */
  readonly progress?: (summary: Summary) => void
}

// errors ----------------------------------------------------------------------

/**
 * The store cannot be read at one moment, or not be filled.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotMovable extends Data.TaggedError("NotMovable")<{ readonly store: string }> {
  override get message() {
    return `The store ${this.store} can be neither exported nor imported`
  }
}

// services --------------------------------------------------------------------

/**
 * Exports a store. Others may write into it meanwhile: they are not seen.
 *
 * **Example** (A store without anything in it)
 *
 * ```ts import.meta.vitest
 * import { Effect } from "effect"
 * import { DriverMemory, Export } from "@foreman/core"
 *
 * const lines: Array<string> = []
 * const out = (bytes: Uint8Array) =>
 *   Effect.sync(() => void lines.push(...new TextDecoder().decode(bytes).trim().split("\n")))
 *
 * const program = Effect.flatMap(DriverMemory.make, (driver) => Export.write(driver, { out }))
 *
 * await Effect.runPromise(program)
 * lines.map((line) => JSON.parse(line).kind) // => ["header", "trailer"]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const write = <E = never, R = never>(
  driver: Driver,
  options: Options<E, R>
): Effect.Effect<Summary, StoreError | ArtifactStoreError | NotMovable | LineTooLarge | E, R> => {
  const { capabilities, hold } = driver
  return hold === undefined
    ? Effect.fail(new NotMovable({ store: capabilities.name }))
    : Effect.scoped(
        Effect.flatMap(hold, (snapshot) => writeAll(snapshot, capabilities.name, options))
      )
}

// internal --------------------------------------------------------------------

const writeAll = Effect.fnUntraced(function* <E, R>(
  snapshot: Snapshot,
  store: string,
  { artifacts, out, progress }: Options<E, R>
) {
  const counted: ExportParts.Counted = {
    organizations: 0,
    events: 0,
    receipts: 0,
    rows: 0,
    artifacts: 0,
    missing: 0,
    bytes: 0
  }
  const lines = ExportLines.make(out, (bytes) => {
    counted.bytes += bytes
    progress?.(counted)
  })
  const writing = { snapshot, counted, line: lines.line }
  const at = (yield* Clock.currentTimeMillis) * 1000
  const { format, tablesDigest, version } = ExportFormat
  yield* lines.line("header", { format, version, tables: tablesDigest, store, at })
  yield* ExportParts.eachOrganization(snapshot, (standing) =>
    ExportParts.writeOrganization(writing, standing)
  )
  for (const { name, next } of yield* snapshot.sequences) {
    yield* lines.line("sequence", { name, next })
  }
  if (artifacts !== undefined) {
    yield* ExportParts.writeArtifacts(writing, artifacts)
  }
  yield* lines.end
  return counted satisfies Summary
})

export { LineTooLarge } from "./ExportLines.ts"
