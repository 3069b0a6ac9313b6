/**
 * The parts of an export: an organisation with all that is its own, and the bytes of artifacts.
 *
 * @internal
 */
import { Effect, Stream } from "effect"
import { type ArtifactStore, ArtifactStoreError } from "../ports/ArtifactStore.ts"
import type { Row, StoredEvent } from "../ports/Driver.ts"
import { hexOf } from "../ports/Sha256.ts"
import { tables } from "../ports/Tables.ts"
import type { KeptReceipt, Snapshot, Standing } from "../ports/Transfer.ts"
import * as ExportFormat from "./ExportFormat.ts"
import type { Lines } from "./ExportLines.ts"
import * as ExportPages from "./ExportPages.ts"

// models ----------------------------------------------------------------------

/** How much is written. */
export interface Counted {
  organizations: number
  events: number
  receipts: number
  rows: number
  artifacts: number
  missing: number
  bytes: number
}

/** What is read, and where it goes. */
export interface Writing<E, R> extends Pick<Lines<E, R>, "line"> {
  readonly snapshot: Snapshot
  readonly counted: Counted
}

// services --------------------------------------------------------------------

/** Reads where every organisation stands, in the order of their names. */
export const eachOrganization = <E, R>(
  snapshot: Snapshot,
  see: (standing: Standing) => Effect.Effect<void, E, R>
) =>
  ExportPages.each(
    (last: Standing | undefined, limit) =>
      snapshot.organizations({ after: last?.organization ?? "", limit }),
    () => 1,
    (page) => Effect.forEach(page, see, { discard: true })
  )

/** Writes an organisation, from the line that opens it to the one that says what its tables hold. */
export const writeOrganization = Effect.fnUntraced(function* <E, R>(
  writing: Writing<E, R>,
  { at, organization, position }: Standing
) {
  const { counted, line, snapshot } = writing
  yield* line("organization", { organization, position, at })
  yield* ExportPages.each(
    (last: StoredEvent | undefined, limit) =>
      snapshot.readAll(organization, { after: last?.position ?? 0, limit }),
    ({ body }) => body.length,
    (events) =>
      Effect.forEach(
        events,
        (event) => {
          counted.events += 1
          return line("event", eventOf(event))
        },
        { discard: true }
      )
  )
  let receipts = 0
  yield* ExportPages.each(
    (last: KeptReceipt | undefined, limit) =>
      snapshot.receipts(organization, { after: last?.key ?? "", limit }),
    ({ answer }) => answer.length,
    (page) => {
      receipts += page.length
      return Effect.forEach(page, (receipt) => line("receipt", { ...receipt }), { discard: true })
    }
  )
  const digests: Record<string, ExportFormat.TableDigest> = {}
  for (const table of Object.keys(tables)) {
    digests[table] = yield* writeTable(writing, organization, table)
  }
  // One of which only receipts are kept has no history, and is none to whoever counts.
  if (position > 0) counted.organizations += 1
  counted.receipts += receipts
  yield* line("end", { organization, receipts, tables: digests })
})

/** Writes the bytes of all artifacts that are named in a row. Few are written twice. */
export const writeArtifacts = <E, R>(writing: Writing<E, R>, artifacts: ArtifactStore) => {
  const { snapshot } = writing
  return eachOrganization(snapshot, ({ organization }) => {
    const seen = new Set<string>()
    const write = Effect.fnUntraced(function* (row: Row) {
      const digest = String(row["digest"])
      // Nobody misses what was kept long enough.
      if (row["is_removed"] === true) return
      if (seen.has(digest)) return
      if (seen.size >= mostSeen) seen.clear()
      seen.add(digest)
      yield* writeBytes(writing, artifacts, { organization, digest, size: Number(row["size"]) })
    })
    return eachPage(snapshot, organization, "artifacts", (rows) =>
      Effect.forEach(rows, write, { discard: true })
    )
  })
}

/** Reads the rows of a table of an organisation in the order of their keys. */
export const eachPage = <E, R>(
  snapshot: Pick<Snapshot, "find">,
  organization: string,
  table: string,
  see: (rows: ReadonlyArray<Row>) => Effect.Effect<void, E, R>
) => {
  const query = { organization, table, index: "key", equals: {} }
  return ExportPages.each(
    (after: Row | undefined, limit) =>
      snapshot.find(after === undefined ? { ...query, limit } : { ...query, after, limit }),
    weightOf,
    see
  )
}

// internal --------------------------------------------------------------------

const mostSeen = 100_000

const weightOf = (row: Row): number =>
  Object.values(row).reduce<number>(
    (sum, value) => sum + (typeof value === "string" ? value.length : 8),
    0
  )

const eventOf = ({ at, body, hash, position, stream, type, version }: StoredEvent) => ({
  position,
  stream,
  version,
  type,
  at,
  hash: hexOf(hash),
  body
})

/** Digests all rows of a table, and writes those that no event says. */
const writeTable = Effect.fnUntraced(function* <E, R>(
  { counted, line, snapshot }: Writing<E, R>,
  organization: string,
  table: string
) {
  const digest = ExportFormat.digestOf(table)
  const isCarried = ExportFormat.carried.includes(table)
  yield* eachPage(
    snapshot,
    organization,
    table,
    Effect.fnUntraced(function* (rows) {
      digest.see(rows)
      if (table === "tasks") {
        const ranks = rows.flatMap(({ id, rank }) => (rank === 0 ? [] : [[id, rank]]))
        if (ranks.length > 0) yield* line("ranks", { ranks })
      }
      if (!isCarried) return
      for (const row of rows) {
        if (ExportFormat.isFolded(table, row)) continue
        counted.rows += 1
        yield* line("row", { table, row: ExportFormat.asCarried(table, row) })
      }
    })
  )
  return digest.end()
})

const writeBytes = Effect.fnUntraced(function* <E, R>(
  { counted, line }: Writing<E, R>,
  artifacts: ArtifactStore,
  wanted: { readonly organization: string; readonly digest: string; readonly size: number }
) {
  const { digest, organization } = wanted
  if (!(yield* artifacts.has(organization, digest))) {
    counted.missing += 1
    return
  }
  yield* line("bytes", wanted)
  yield* artifacts.get(organization, digest).pipe(
    Stream.runForEach(
      Effect.fnUntraced(function* (bytes) {
        for (let start = 0; start < bytes.length; start += pieceBytes) {
          const piece = bytes.subarray(start, start + pieceBytes)
          yield* line("piece", { base64: ExportFormat.base64Of(piece) })
        }
      })
    ),
    Effect.catchTag("BytesNotFound", (cause) =>
      Effect.fail(new ArtifactStoreError({ operation: "export", cause, retryable: false }))
    )
  )
  counted.artifacts += 1
})

/** So many that text made of them is short enough for one call. */
const pieceBytes = 48 * 1024
