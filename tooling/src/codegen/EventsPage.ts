/**
 * The reference of events, from their declarations.
 */
import { Wire } from "@foreman/core"
import { declared } from "@foreman/core/events/EventTypes"
import type { Generated } from "./Generated.ts"
import { code, fieldRows, page, table } from "./Page.ts"

// models ----------------------------------------------------------------------

/** What this page reads of a declaration. */
interface Declaration {
  readonly type: string
  readonly schema: Parameters<typeof Wire.jsonSchema>[0]
  readonly streamOf: (data: never) => string
}

// rules -----------------------------------------------------------------------

/** Every type of event with its stream and its data. */
export const eventsPage = (): Generated =>
  page("events", "Events", [
    "What happened, in the order in which it happened. Each event stands in one stream, and at one " +
      "position of its organization's one order; both count without gaps.",
    ...[...declared].flatMap((declaration: Declaration) => [
      `## ${declaration.type}`,
      `In the stream ${code(streamOf(declaration))}.`,
      table(["field", "type", "words"], fieldRows(Wire.jsonSchema(declaration.schema)))
    ])
  ])

// internal --------------------------------------------------------------------

/** The stream of an event whose every field is its own name. */
const streamOf = ({ streamOf: of }: Declaration): string => {
  const names = new Proxy({}, { get: (_, name) => `<${Wire.keyOf(String(name))}>` })
  // Streams are named by putting fields into text, and a name is text like any other.
  return of(names as never)
}
