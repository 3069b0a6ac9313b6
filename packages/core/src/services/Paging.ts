/**
 * Pages of a declared index: at most so many items, and an opaque cursor to the next.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { InvalidInput } from "../operations/Refusal.ts"
import type { Driver, Find, Row, StoreError, Value } from "../ports/Driver.ts"
import { type ColumnType, orderOf, tableOf } from "../ports/Tables.ts"

// models ----------------------------------------------------------------------

/**
 * Which page a caller asks for.
 *
 * @category models
 * @since 0.1.0
 */
export interface PageInput {
  readonly limit?: number | undefined
  readonly cursor?: string | undefined
}

/**
 * A page.
 *
 * @category models
 * @since 0.1.0
 */
export interface Page<A> {
  readonly items: ReadonlyArray<A>
  readonly nextCursor: string | null
}

/**
 * A page of nothing, and no next one.
 *
 * @category models
 * @since 0.1.0
 */
export const empty: Page<never> = { items: [], nextCursor: null }

// rules -----------------------------------------------------------------------

/**
 * Finds one page. `offset` passes over items the slow way, for callers that count.
 *
 * @category services
 * @since 0.1.0
 */
export const find = Effect.fnUntraced(function* <A>(
  driver: Driver,
  query: Omit<Find, "after" | "limit"> & { readonly toItem: (row: Row) => A },
  { cursor, limit = 200, offset = 0 }: PageInput & { readonly offset?: number | undefined }
): Effect.fn.Return<Page<A>, StoreError | InvalidInput> {
  const { toItem, ...wanted } = query
  const order = orderOf(query.table, query.index).filter((name) => !(name in query.equals))
  const { columns } = tableOf(query.table)
  const types = Object.fromEntries(order.map((name) => [name, columns[name] ?? "text"] as const))
  const after = cursor === undefined ? undefined : yield* decode(cursor, types)
  const rows = yield* driver.find({
    ...wanted,
    // What is equal belongs to the row too; the cursor need not repeat it.
    ...(after === undefined ? {} : { after: { ...query.equals, ...after } }),
    limit: offset + limit + 1
  })
  const kept = rows.slice(offset, offset + limit)
  const last = rows.length > offset + limit ? kept.at(-1) : undefined
  return {
    items: kept.map(toItem),
    nextCursor: last === undefined ? null : encode(order.map((name) => last[name] ?? null))
  }
})

/**
 * Writes a cursor from the values of the last item.
 *
 * @category services
 * @since 0.1.0
 */
export const encode = (values: ReadonlyArray<unknown>): string => {
  const bytes = new TextEncoder().encode(JSON.stringify(values))
  const text = btoa(String.fromCharCode(...bytes))
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")
}

/**
 * Reads a cursor back into the values of its columns, in their order and of their types.
 *
 * @category services
 * @since 0.1.0
 */
export const decode = (
  cursor: string,
  columns: Readonly<Record<string, ColumnType>>
): Effect.Effect<Row, InvalidInput> =>
  Effect.try({
    try: () => {
      const text = atob(cursor.replaceAll("-", "+").replaceAll("_", "/"))
      const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0))
      const values: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
      const types = Object.entries(columns)
      if (!Array.isArray(values) || values.length !== types.length) throw new TypeError("No cursor")
      return Object.fromEntries(
        types.map(([name, type], index) => [name, valueOf(type, values[index])])
      )
    },
    catch: () => badCursor
  })

/**
 * What a caller learns whose cursor is not one of ours.
 *
 * @category services
 * @since 0.1.0
 */
export const badCursor: InvalidInput = new InvalidInput({
  problems: [{ path: "cursor", problem: "Expected the next_cursor of a page of this list" }]
})

// internal --------------------------------------------------------------------

/** A store takes only what its column can hold, and a caller may have written anything. */
const valueOf = (type: ColumnType, value: unknown): Value => {
  if (value === null && type.endsWith("?")) return null
  if (type.startsWith("text") && typeof value === "string") return value
  if (type.startsWith("integer") && Number.isSafeInteger(value)) return Number(value)
  if (type === "boolean" && typeof value === "boolean") return value
  throw new TypeError("No cursor")
}
