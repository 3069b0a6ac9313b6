/**
 * What a table of the store is.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/**
 * What a column holds; `?` lets it be null.
 *
 * @category models
 * @since 0.1.0
 */
export type ColumnType = "text" | "text?" | "integer" | "integer?" | "boolean" | "bytes"

/**
 * A constraint that no two rows break. With `where`, only rows in which that column is true count.
 *
 * @category models
 * @since 0.1.0
 */
export interface Unique {
  readonly columns: ReadonlyArray<string>
  readonly where?: string
}

/**
 * A column whose number never falls below another.
 *
 * @category models
 * @since 0.1.0
 */
export interface Check {
  readonly column: string
  readonly least: number
}

/**
 * One table.
 *
 * @category models
 * @since 0.1.0
 */
export interface Table {
  readonly kind: "projection" | "operational"
  readonly columns: Readonly<Record<string, ColumnType>>
  /** Begins with the organisation, but for the `directory`, which leads to it. */
  readonly key: ReadonlyArray<string>
  /** Columns after the organisation; the rest of the key is the tie-break. */
  readonly indexes: Readonly<Record<string, ReadonlyArray<string>>>
  readonly unique: Readonly<Record<string, Unique>>
  readonly checks?: Readonly<Record<string, Check>>
  /** Columns, by constraint, of whose texts none begins with another one. */
  readonly apart?: Readonly<Record<string, string>>
  /** Columns that set changes keep: a `Set` of core never names them, an `Insert` begins them. */
  readonly derived?: ReadonlyArray<string>
}
