/**
 * What can be asked about Foreman itself.
 *
 * @since 0.1.0
 */
import { Health } from "./Answers.ts"
import * as Operation from "./Operation.ts"

// services --------------------------------------------------------------------

export const ping = Operation.make("ping", {
  title: "Ping",
  description: "Says whether Foreman and its store answer. Degraded parts name their error.",
  kind: "query",
  permission: "health:read",
  http: { method: "GET", path: "/health" },
  cli: "ping",
  input: {},
  output: Health,
  errors: []
})
