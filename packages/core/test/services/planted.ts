/**
 * A violation of each invariant that the doctor looks at, as the change of a store.
 */
import { Effect } from "effect"

import { type Doctor, type Driver, Tokens } from "@foreman/core"
import { again, type Body, change, edit, log, rows, withReceipts } from "./spoiling.ts"

/** A token that is nowhere but where it must not be. */
export const token = Tokens.random("run")
/** The id of nothing. */
export const other = "00000000-0000-7000-8000-00000000dead"
const leftTask = (body: Body) => (body.data["depends_on"] = [Number(body.data["task_id"]) - 1])

const dead = { state: "dead", attempts: 0, problem: null }

/** The invariant, what is planted, and how. */
export const planted: ReadonlyArray<
  readonly [Doctor.InvariantId, string, (driver: Driver.Driver) => Driver.Driver]
> = [
  [
    "I-01",
    "a version that is left out",
    log(change(-1, ({ version }) => ({ version: version + 1 })))
  ],
  [
    "I-01",
    "a stream that is shorter than its events",
    (driver) => ({
      ...driver,
      versions: (_, streams) => Effect.succeed(streams.map((stream) => ({ stream, version: 0 })))
    })
  ],
  [
    "I-02",
    "a position that is left out",
    log((events) => events.filter((_, index) => index !== 3))
  ],
  ["I-02", "a log that ends before its head", log((events) => events.slice(0, -1))],
  ["I-03", "a version that goes back", log(change(-1, () => ({ version: 1 })))],
  [
    "I-04",
    "a position that is there twice",
    log((events) => events.toSpliced(4, 0, ...events.slice(4, 5)))
  ],
  [
    "I-04",
    "an id that is no UUIDv7",
    log(edit("run.queued", ({ data }) => (data["run_id"] = other.replace("-7", "-4"))))
  ],
  ["I-05", "a time that was changed", log(change(5, ({ at }) => ({ at: at + 1 })))],
  ["I-06", "a type that nobody knows", log(change(-1, () => ({ type: "task.teleported" })))],
  ["I-06", "data of another shape", log(edit("task.created", ({ data }) => (data["title"] = 7)))],
  ["I-06", "a body that is no JSON", log(change(-1, () => ({ body: "{" })))],
  [
    "I-06",
    "a body without a frame",
    log(edit("task.created", ({ metadata }) => delete metadata["actor_id"]))
  ],
  ["I-06", "a stream that is another's", log(change(-1, () => ({ stream: "task:999" })))],
  ["I-06", "a body with a space in it", log(change(-1, ({ body }) => ({ body: ` ${body}` })))],
  [
    "I-08",
    "a cause that comes later",
    log(edit("task.created", ({ metadata }) => (metadata["causation_id"] = 9999)))
  ],
  [
    "I-08",
    "a cause that is the event itself",
    log((events) =>
      edit("task.created", ({ metadata }) => {
        metadata["causation_id"] = events.find(({ type }) => type === "task.created")?.position
      })(events)
    )
  ],
  [
    "I-09",
    "an event that comes from elsewhere than its command",
    log(edit("task.dispatched", ({ metadata }) => (metadata["correlation_id"] = "x")))
  ],
  [
    "I-09",
    "a command that is torn apart",
    log(edit("task.assigned", ({ metadata }) => (metadata["command_id"] = "x")))
  ],
  ["I-11", "a row that was changed", rows("tasks", { title: "Forged" })],
  [
    "I-11",
    "a history that cannot be replayed",
    log((events) => events.filter(({ type }) => type !== "task.created"))
  ],
  ["I-15", "a delivery in no state", rows("deliveries", { state: "lost" })],
  ["I-15", "a delivery that does not say why not", rows("deliveries", { problem: null })],
  ["I-15", "a delivery that was given up untried", rows("deliveries", dead)],
  ["I-15", "a delivery that was tried before its turn", rows("deliveries", { state: "behind" })],
  ["I-15", "a delivery that is tried for ever", rows("deliveries", { due: 9e15 })],
  [
    "I-16",
    "a receipt without a digest",
    (driver) => withReceipts(driver, (receipt) => ({ ...receipt, digest: "x" }))
  ],
  [
    "I-16",
    "a receipt whose answer is no JSON",
    (driver) => withReceipts(driver, (receipt) => ({ ...receipt, answer: "{" }))
  ],
  ["I-17", "a command without a receipt", (driver) => withReceipts(driver, () => undefined)],
  [
    "I-18",
    "a move from where the task is not",
    log(edit("task.status_changed", ({ data }) => (data["from"] = "in_review")))
  ],
  [
    "I-18",
    "a move that the workflow does not know",
    log(edit("task.status_changed", ({ data }) => (data["to"] = "done")))
  ],
  ["I-19", "a task that began too early", log(edit("task.created", leftTask, -1))],
  ["I-20", "a task under way that waits", log(edit("task.created", leftTask, -1))],
  [
    "I-21",
    "a task that waits for itself",
    log(edit("task.created", ({ data }) => (data["depends_on"] = [data["task_id"]])))
  ],
  [
    "I-21",
    "a dependency that is not there",
    log(edit("task.created", ({ data }) => (data["depends_on"] = [999])))
  ],
  [
    "I-21",
    "a dependency that is there twice",
    log(edit("task.created", ({ data }) => (data["depends_on"] = [1, 1]), -1))
  ],
  [
    "I-21",
    "a cycle",
    log((events) => {
      const ids = events
        .filter(({ type }) => type === "task.created")
        .map(({ body }) => JSON.parse(body).data.task_id)
      return edit("task.created", ({ data }) => (data["depends_on"] = [ids[1]]))(events)
    })
  ],
  ["I-22", "a task that leaves its end", log(again("task.status_changed"))],
  ["I-22", "a task that is done without a time", rows("tasks", { completed_at: null })],
  ["I-22", "a task that has a time and is not done", rows("tasks", { completed_at: 1 })],
  [
    "I-24",
    "a landing that no job has made",
    log((events) => events.filter(({ type }) => type !== "merge.completed"))
  ],
  [
    "I-24",
    "a job that has landed what is not done",
    log((events) => events.filter(({ body }) => !body.includes('"reason":"landed"')))
  ],
  [
    "I-26",
    "a second live run",
    log((events) => events.filter(({ type }) => type !== "run.succeeded"))
  ],
  [
    "I-27",
    "an attempt that is left out",
    log(edit("run.queued", ({ data }) => (data["attempt"] = 2)))
  ],
  ["I-28", "a lease that is given back twice", log(again("lease.released"))],
  [
    "I-28",
    "a lease that outlives its run",
    log((events) => events.filter(({ type }) => type !== "lease.released"))
  ],
  [
    "I-29",
    "two live leases that meet",
    log((events) => {
      const held = events.filter(({ type }) => type !== "lease.released")
      const first = edit("lease.acquired", ({ data }) => (data["spans"] = ["repo/x/"]), 0)(held)
      return edit("lease.acquired", ({ data }) => (data["spans"] = ["repo/x/y/"]), 1)(first)
    })
  ],
  [
    "I-30",
    "a fencing token that does not rise",
    log(edit("run.queued", ({ data }) => (data["attempt"] = 0)))
  ],
  ["I-34", "a run that ends twice", log(again("run.succeeded"))],
  ["I-34", "a run that goes on after its end", log(again("run.started"))],
  [
    "I-34",
    "an end without a cause",
    log(edit("run.succeeded", ({ data }) => (data["cause"] = "")))
  ],
  ["I-34", "a run that is over without a time", rows("runs", { ended_at: null })],
  ["I-39", "an approval that is given twice", log(again("approval.approved"))],
  [
    "I-40",
    "an approval that is asked for while it waits",
    log((events) =>
      again("approval.requested")(
        events.filter(({ type }) => type !== "approval.approved" && type !== "approval.used")
      )
    )
  ],
  [
    "I-41",
    "a run that begins while it waits for a person",
    log((events) => events.filter(({ type }) => type !== "approval.approved"))
  ],
  [
    "I-42",
    "an agent that approves",
    log(edit("approval.approved", ({ metadata }) => (metadata["actor_type"] = "agent")))
  ],
  ["I-52", "an artifact of which nothing is kept", rows("artifacts", { digest: "f".repeat(64) })],
  ["I-54", "an artifact that is shown as another run's", rows("artifacts", { run_id: other })],
  ["I-54", "an artifact whose name leads out", rows("artifacts", { name: "../x" })],
  ["I-54", "an artifact without a digest", rows("artifacts", { digest: "" })],
  [
    "I-60",
    "two open jobs of a task",
    log((events) =>
      edit(
        "merge.queued",
        ({ data }) => {
          const first = events.find(({ type }) => type === "merge.queued")
          data["task_id"] = JSON.parse(first?.body ?? "").data.task_id
        },
        1
      )(events.filter(({ type }) => type !== "merge.completed"))
    )
  ],
  [
    "I-60",
    "two jobs that land on one branch",
    log((events) => events.filter(({ type }) => type !== "merge.completed"))
  ],
  [
    "I-64",
    "two jobs with one commit",
    log((events) =>
      edit(
        "merge.completed",
        ({ data }) => {
          const first = events.find(({ type }) => type === "merge.completed")
          data["merge_commit"] = JSON.parse(first?.body ?? "").data.merge_commit
        },
        1
      )(events)
    )
  ],
  ["I-64", "a job that lands twice", log(again("merge.completed"))],
  ["I-66", "a row of another organization", rows("agents", { organization: other })],
  ["I-66", "a row that names a stranger", rows("runs", { agent_id: other })],
  ["I-66", "a row that the directory leads elsewhere", rows("directory", { organization: other })],
  ["I-66", "an event of another organization", log(change(2, () => ({ organization: other })))],
  [
    "I-68",
    "a token in an event",
    log(edit("task.created", ({ data }) => (data["title"] = `Use ${token}`)))
  ],
  ["I-68", "a token in a row", rows("tasks", { description: token })],
  ["I-68", "a token where its hash belongs", rows("tokens", { hash: token })],
  [
    "I-68",
    "a token in a receipt",
    (driver) => withReceipts(driver, (receipt) => ({ ...receipt, answer: JSON.stringify(token) }))
  ],
  ["I-73", "a request that is answered twice", log(again("human_request.resolved"))],
  ["I-73", "a request that is answered by nobody", rows("human_requests", { responded_by: null })],
  [
    "I-73",
    "a request that expired without a reason",
    rows("human_requests", { status: "expired", is_pending: false })
  ],
  ["I-73", "a request that waits with an end", rows("human_requests", { status: "pending" })],
  ["I-73", "a request that is answered and waits", rows("human_requests", { is_pending: true })]
]
