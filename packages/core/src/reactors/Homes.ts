/**
 * What a node does for the repositories whose clones lie on its disk.
 *
 * @internal
 */
import { Effect } from "effect"
import type { Find, Row } from "../ports/Driver.ts"
import { homeOf } from "../rules/Repository.ts"
import * as AttemptHolds from "../services/AttemptHolds.ts"
import * as Landings from "../services/Landings.ts"
import * as Lanes from "../services/Lanes.ts"
import * as Projection from "../services/Projection.ts"
import type { Tenure } from "../services/Tenure.ts"
import type { Bench } from "./Work.ts"

// services --------------------------------------------------------------------

/** What this process may look after in each organisation: what nobody need do elsewhere, and its own. */
export const lanesOf = (node: string | undefined) => {
  const rest = { name: Lanes.anywhere, isNeeded: hasWork, cared: new Set<string>() }
  if (node === undefined) return [rest]
  const own = { name: Lanes.at(node), isNeeded: isHome(node), cared: new Set<string>() }
  return [rest, own]
}

/** Gives the tasks back to the queue that were held because this node was away. */
export const release = Effect.fnUntraced(function* (bench: Bench, tenure: Tenure) {
  const { organization } = tenure
  const teams = { organization, table: "teams", index: "key", equals: {} }
  const releaseAll = (rows: ReadonlyArray<Row>) =>
    Effect.forEach(
      rows.filter(({ hold }) => hold === "home_away").map(Projection.tasks.fromRow),
      ({ id }) => AttemptHolds.release(bench.shell, tenure, id)
    )
  yield* eachPage(bench, teams, (rows) =>
    Effect.forEach(
      rows.flatMap(({ id: team_id = "" }) => [
        { team_id, status: "todo" },
        { team_id, status: "in_progress" }
      ]),
      (equals) => {
        const tasks = { organization, table: "tasks", index: "tasks_by_status", equals }
        return eachPage(bench, tasks, releaseAll)
      }
    )
  )
})

// internal --------------------------------------------------------------------

const limit = 500

const hasWork = Effect.fnUntraced(function* (bench: Bench, organization: string) {
  const { driver } = bench.shell
  const idle = yield* driver.ask(organization, "idle_agents", { after: "", limit: 1 })
  if (idle.length > 0) return true
  const equals = { is_live: true }
  const query = { organization, table: "runs", index: "runs_live", equals, limit: 1 }
  if ((yield* driver.find(query)).length > 0) return true
  return (yield* Landings.open(bench.shell, organization, 1)).length > 0
})

/** Whether a repository of the organisation lies on this node's disk. */
const isHome = (node: string) =>
  Effect.fnUntraced(function* (bench: Bench, organization: string) {
    const { fromRow, table } = Projection.repositories
    const query = { organization, table, index: "key", equals: {} }
    let isOne = false
    yield* eachPage(bench, query, (rows) => {
      isOne ||= rows.some((row) => homeOf(fromRow(row)) === node)
      return Effect.void
    })
    return isOne
  })

const eachPage = Effect.fnUntraced(function* <A, E>(
  { shell }: Bench,
  query: Omit<Find, "after" | "limit">,
  visit: (rows: ReadonlyArray<Row>) => Effect.Effect<A, E>
) {
  for (let after: Row | undefined; ;) {
    const page = { ...query, ...(after === undefined ? {} : { after }), limit }
    const rows: ReadonlyArray<Row> = yield* shell.read((driver) => driver.find(page))
    yield* visit(rows)
    after = rows.at(-1)
    if (rows.length < limit) return
  }
})
