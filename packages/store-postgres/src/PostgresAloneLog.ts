/**
 * The statement of a batch alone that adds its events, its receipt and the organization's new head, and
 * gives a hint. The chain is reckoned in it, one event from the other.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

import type { Words } from "./PostgresHint.ts"
import { type Addition, additionText, widthOf } from "./PostgresAloneSteps.ts"
import { mostNames, named, type Statement } from "./PostgresPlans.ts"

// models ----------------------------------------------------------------------

/**
 * The statement, and how many events it adds to which streams.
 *
 * @category models
 * @since 0.1.0
 */
export interface Log {
  readonly log: Statement
  readonly added: ReadonlyMap<string, number>
}

/**
 * What goes with the log.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wish {
  readonly additions: ReadonlyArray<Addition> | undefined
  /** What is notified with it, if anything is. */
  readonly hint: Words | undefined
}

// rules -----------------------------------------------------------------------

/**
 * Writes down the log of a batch. It answers where the organization stands then and when that was, and
 * as `v0`, `v1` which version each stream had before.
 *
 * Given rows of a batch that only adds, it puts these in too, and locks the head, which nobody has
 * looked at before. What it sees of the rest may be older than the head then: a version that is not the
 * last one any more is refused, for it is there already. There may be no head at all, and no receipt
 * may lack the time that comes from it.
 *
 * @category rules
 * @since 0.1.0
 */
export const logOf = (
  { events, organization, reliesOn }: Driver.Batch,
  { answer, digest, key }: Driver.Receipt,
  { additions, hint }: Wish
): Log => {
  const [before = null, after = null] = hint ?? []
  const link = Buffer.from(`${organization}\0`)
  const values: Array<Driver.Value> = [organization, link, before, key, digest, answer, after]
  const added = new Map<string, number>()
  const places = new Map<string, number>()
  const tables = additions?.map(({ table }) => table)
  const shape: Shape = { tables, relied: [], places: [] }
  for (const { stream } of events) {
    if (places.has(stream)) continue
    places.set(stream, places.size)
    const relied = reliesOn.find((one) => one.stream === stream)
    shape.relied.push(relied !== undefined)
    values.push(stream, `[${JSON.stringify(stream)},`, String(relied?.version ?? 0))
  }
  for (const { body, stream, type } of events) {
    shape.places.push(places.get(stream) ?? 0)
    added.set(stream, (added.get(stream) ?? 0) + 1)
    values.push(type, `,${JSON.stringify(type)},`, body)
  }
  for (const { cells } of additions ?? []) values.push(...cells)
  return { log: named(textOf(shape), values), added }
}

// internal --------------------------------------------------------------------

/**
 * What the text depends on: which streams are relied on, to which one each event is added, and into
 * which tables rows are put, if the batch only adds.
 */
interface Shape {
  readonly tables: ReadonlyArray<string> | undefined
  readonly relied: Array<boolean>
  readonly places: Array<number>
}

const texts = new Map<string, string>()

const textOf = (shape: Shape): string => {
  const name = `${shape.tables?.join()} ${shape.relied.join()} ${shape.places.join()}`
  const known = texts.get(name)
  if (known !== undefined) return known
  if (texts.size >= mostNames) texts.clear()
  const text = written(shape)
  texts.set(name, text)
  return text
}

/**
 * In the policies' own words. Given `$1` as well the planner adds a node to each look, which compares
 * both before it looks.
 */
const own = "current_setting('foreman.organization', true)"

/** Seven parameters come first, then three of each stream, three of each event, and the rows' cells. */
const written = ({ places, relied, tables }: Shape): string => {
  const count = places.length
  const stream = (place: number) => 8 + 3 * place
  const event = (index: number) => 8 + 3 * relied.length + 3 * index
  const versions = relied.map((_, place) => `v${place}`).join(", ")
  const before = relied.map((isRelied, place) =>
    isRelied
      ? `$${stream(place) + 2}::bigint AS v${place}`
      : `$${stream(place) + 2}::bigint + coalesce((SELECT e.version FROM foreman.events e
      WHERE e.organization = ${own} AND e.stream = $${stream(place)}
      ORDER BY e.version DESC LIMIT 1), 0) AS v${place}`
  )
  const seen = relied.map(() => 0)
  const links: Array<string> = []
  const rows: Array<string> = []
  for (const [index, place] of places.entries()) {
    const version = `v${place} + ${(seen[place] = (seen[place] ?? 0) + 1)}`
    const last = index === 0 ? "h" : `e${index}`
    const [type, middle, body] = [0, 1, 2].map((offset) => `$${event(index) + offset}::text`)
    links.push(`LATERAL (SELECT sha256(${last}.hash || $2::bytea
    || int8send(h.position + ${index + 1}) || int8send(c.at)
    || convert_to(concat($${stream(place) + 1}::text, ${version}, ${middle}, ${body}, ']'), 'UTF8'))
    AS hash OFFSET 0) e${index + 1}`)
    rows.push(
      `(${index + 1}, $${stream(place)}::text, n.${version}, ${type}, ${body}, n.hash${index + 1})`
    )
  }
  const isChecked = tables === undefined
  const receipt = "$1, $4::text, $5::text, $6::text"
  let from = event(count)
  const additions = (tables ?? []).map((table, index) => {
    const text = additionText(table, from)
    from += widthOf(table)
    return `, row${index} AS (\n  ${text}\n)`
  })
  // What time it is, is asked once the head is locked: until then it may have been waited for.
  return `${isChecked ? "" : "/* foreman.commit */ "}WITH h AS MATERIALIZED (
  SELECT h.position, h.hash, h.at, ${before.join(", ")}
  FROM foreman.heads h WHERE h.organization = ${own}${isChecked ? "" : " FOR UPDATE"}
), n AS MATERIALIZED (
  SELECT h.position, c.at, ${versions},
    ${places.map((_, index) => `e${index + 1}.hash AS hash${index + 1}`).join(", ")}
  FROM h, LATERAL (SELECT
    greatest(h.at, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) AS at OFFSET 0) c,
  ${links.join(", ")}
), receipt AS (
  INSERT INTO foreman.receipts
  ${isChecked ? `SELECT ${receipt}, n.at FROM n` : `VALUES (${receipt}, (SELECT n.at FROM n))`}
), event AS (
  INSERT INTO foreman.events
  SELECT $1, n.position + x.place, x.stream, x.version, x.type, x.body, n.at, x.hash
  FROM n, LATERAL (VALUES ${rows.join(", ")}) x(place, stream, version, type, body, hash)
), head AS (
  UPDATE foreman.heads t SET position = n.position + ${count}, hash = n.hash${count}, at = n.at
  FROM n WHERE t.organization = ${own}
)${additions.join("")}
SELECT n.position + ${count} AS position, n.at, ${versions},
  CASE WHEN $3::text IS NOT NULL
    THEN pg_notify('foreman', concat($3::text, n.position + ${count}, $7::text)) END
FROM n`
}
