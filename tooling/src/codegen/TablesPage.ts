/**
 * The reference of tables, from the list that every store is compared with.
 */
import { Tables } from "@foreman/core"
import type { Generated } from "./Generated.ts"
import { code, page, table } from "./Page.ts"

// rules -----------------------------------------------------------------------

/** Every table with its columns, keys, indexes and constraints. */
export const tablesPage = (): Generated =>
  page("tables", "Tables", [
    "Every store has these tables, and a suite compares it with this list. A projection is made of " +
      "the events and can be made again; what is operational cannot. Instants are microseconds " +
      "since 1970; lists and free data are JSON text.",
    ...Object.entries(Tables.tables).flatMap(([name, one]) => [
      `## ${name}`,
      `${one.kind === "projection" ? "A projection" : "Operational"}, by ${one.key.map(code).join(", ")}.`,
      table(
        ["column", "type", "kept by"],
        Object.entries(one.columns).map(([column, type]) => [
          code(column),
          type.replace("?", " or null"),
          one.derived?.includes(column) ? "the store" : "core"
        ])
      ),
      rulesOf(one)
    ]),
    "## Questions",
    "What a store answers next to its data, by the parameters of each.",
    parameters(Tables.questions),
    "## Set changes",
    "What a store changes as a whole, inside a commit.",
    parameters(Tables.changes)
  ])

// internal --------------------------------------------------------------------

const rulesOf = ({ checks = {}, indexes, unique }: Tables.Table): string =>
  [
    ...Object.entries(unique).map(([name, { columns, where }]) => {
      const which = where === undefined ? "" : ` while ${code(where)}`
      return `- ${code(name)}: one row for each ${columns.map(code).join(", ")}${which}`
    }),
    ...Object.entries(checks).map(
      ([name, { column, least }]) => `- ${code(name)}: ${code(column)} is at least ${least}`
    ),
    ...Object.entries(indexes).map(
      ([name, columns]) => `- ${code(name)}: found by ${columns.map(code).join(", ")}`
    )
  ].join("\n")

const parameters = (all: Readonly<Record<string, ReadonlyArray<string>>>): string =>
  table(
    ["name", "parameters"],
    Object.entries(all).map(([name, names]) => [code(name), names.map(code).join(", ")])
  )
