/**
 * What a dispatcher does at once when it hears of an event.
 *
 * @internal
 */
import { Effect } from "effect"
import type { StoredEvent } from "../ports/Driver.ts"
import { TaskId } from "../rules/Identifier.ts"
import * as Envelope from "../services/Envelope.ts"
import * as Projection from "../services/Projection.ts"
import type { Dispatcher } from "./Dispatcher.ts"
import type { Bench } from "./Work.ts"

// rules -----------------------------------------------------------------------

/** Events after which something may begin that could not before, whoever has looked already. */
export const frees: ReadonlySet<string> = new Set([
  "lease.released",
  "organization.resumed",
  "run.cancelled",
  "run.lost"
])

// services --------------------------------------------------------------------

/**
 * What an event asks for at once: a run that is over ends here too, what waits for a scope is looked at
 * again, the folder of a finished task goes.
 */
export const react = Effect.fnUntraced(function* (
  bench: Bench,
  dispatcher: Dispatcher,
  organization: string,
  event: StoredEvent
) {
  if (!known.has(event.type)) return
  const { data } = Envelope.bodyOf(event)
  const runId = String(data["run_id"])
  switch (event.type) {
    case "run.cancelled":
      return yield* dispatcher.stop(runId, data["cause"] === "stopped" ? "stopped" : "cancelled")
    case "run.lost":
      // Whoever said so has heard nothing of it; what its agent does counts no more.
      return yield* dispatcher.stop(runId, "lost")
    case "lease.released":
      return dispatcher.released(runId)
    case "organization.resumed":
      return dispatcher.resume()
    default:
      if (data["to"] !== "done") return
      yield* Effect.forkChild(discard(bench, organization, TaskId.make(Number(data["task_id"]))))
  }
})

// internal --------------------------------------------------------------------

const known: ReadonlySet<string> = new Set([
  "lease.released",
  "organization.resumed",
  "run.cancelled",
  "run.lost",
  "task.status_changed"
])

const discard = Effect.fnUntraced(
  function* ({ shell, workspace }: Bench, organization: string, taskId: TaskId) {
    const runs = yield* shell.read((driver) =>
      driver.find({
        organization,
        table: "runs",
        index: "runs_by_task",
        equals: { task_id: taskId },
        direction: "descending",
        limit: 1
      })
    )
    const [run] = runs.map(Projection.runs.fromRow)
    if (run === undefined) return
    const row =
      run.repositoryId === null
        ? undefined
        : yield* shell.read((driver) =>
            driver.get(organization, "repositories", { id: run.repositoryId })
          )
    const repository =
      row === undefined
        ? null
        : { ...Projection.repositories.fromRow(row), organizationId: organization }
    yield* workspace.discard({ organizationId: organization, taskId, repository })
  },
  (effect, { shell }) =>
    Effect.catch(effect, (error) => shell.outage.missed("A folder was left behind", error))
)
