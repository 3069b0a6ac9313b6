/**
 * The reference of workflows, from the tables that the rules read.
 */
import * as core from "@foreman/core"
import type { Generated } from "./Generated.ts"
import { code, page, table } from "./Page.ts"

// models ----------------------------------------------------------------------

/** Where each status leads. */
export type Transitions = Readonly<Record<string, ReadonlyArray<string>>>

// rules -----------------------------------------------------------------------

/** Every workflow of core as a table and as a diagram. */
export const statesPage = (): Generated =>
  page("states", "States", [
    "The rules read these tables, and so do the refusals: what is not here is refused, and the " +
      "refusal names what is.",
    ...machines().flatMap(([noun, transitions]) => [
      `## ${noun}`,
      diagram(transitions),
      table(
        ["from", "to"],
        Object.entries(transitions).map(([from, to]) => [
          code(from),
          to.length === 0 ? "nowhere: it is over" : to.map(code).join(", ")
        ])
      )
    ])
  ])

/** A workflow as a diagram: it begins at its first status and ends where nothing follows. */
export const diagram = (transitions: Transitions): string => {
  const [first = ""] = Object.keys(transitions)
  const arrows = Object.entries(transitions).flatMap(([from, to]) =>
    to.length === 0 ? [`  ${from} --> [*]`] : to.map((status) => `  ${from} --> ${status}`)
  )
  return ["```mermaid", "stateDiagram-v2", `  [*] --> ${first}`, ...arrows, "```"].join("\n")
}

// internal --------------------------------------------------------------------

const machines = (): ReadonlyArray<readonly [noun: string, transitions: Transitions]> =>
  Object.entries(core).flatMap(([noun, space]) =>
    typeof space === "object" && "transitions" in space ? [[noun, space.transitions] as const] : []
  )
