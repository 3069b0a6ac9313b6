/**
 * Which events somebody outside is told, and in which words: a run is over, a person must decide, an
 * agent asks.
 *
 * @internal
 */
import { Effect } from "effect"
import type { StoredEvent } from "../ports/Driver.ts"
import type { Notification, RunFinished, Told } from "../ports/Notifier.ts"
import { system } from "../rules/Actor.ts"
import { timestamp } from "../rules/Identifier.ts"
import { mask } from "../rules/Secret.ts"
import * as Envelope from "../services/Envelope.ts"
import * as Projection from "../services/Projection.ts"
import type { Shell } from "../services/Shell.ts"

// models ----------------------------------------------------------------------

/** What is told of an event, and about what: things about one subject are told in order. */
export interface Telling {
  readonly subject: string
  readonly notification: Notification
}

// services --------------------------------------------------------------------

/** What is told of an event, if anything. */
export const tellingOf = Effect.fnUntraced(function* (shell: Shell["Service"], event: StoredEvent) {
  const tell = tellers[event.type]
  if (tell === undefined) return undefined
  const { data } = Envelope.bodyOf(event)
  if (yield* isToldAnyway(shell, event, data)) return undefined
  if (yield* isDenied(shell, event)) return undefined
  const taskId = data["task_id"]
  const told = yield* toldOf(shell, event, typeof taskId === "number" ? taskId : undefined)
  const telling: Telling = {
    subject: told.taskId === null ? event.stream : `task:${told.taskId}`,
    notification: tell(told, data)
  }
  return telling
})

// internal --------------------------------------------------------------------

type Data = Readonly<Record<string, unknown>>

type Tell = (told: Told, data: Data) => Notification

const runFinished =
  (runState: RunFinished["runState"]): Tell =>
  (told, data) => ({
    ...told,
    kind: "run_finished",
    runId: text(data["run_id"]),
    runState,
    cause: short(data["cause"], 200),
    answer: data["answer"] === null ? null : short(data["answer"], longest)
  })

const tellers: Readonly<Record<string, Tell>> = {
  "run.succeeded": runFinished("succeeded"),
  "run.failed": runFinished("failed"),
  "run.cancelled": runFinished("cancelled"),
  "run.lost": runFinished("lost"),
  "approval.requested": (told, data) => ({
    ...told,
    kind: "approval_needed",
    approvalId: text(data["approval_id"]),
    reason: short(data["reason"], longest),
    riskLevel: text(data["risk"])
  }),
  "human_request.created": (told, data) => ({
    ...told,
    kind: "question",
    requestId: text(data["request_id"]),
    requestKind: text(data["kind"]),
    question: short(data["question"], longest),
    options: Array.isArray(data["options"]) ? data["options"].map(text) : []
  })
}

/** What is told is a hint to look, not the whole: nobody sends megabytes to a webhook. */
const longest = 2000

const text = (value: unknown): string =>
  value === null || value === undefined ? "" : String(value)

/** Cut between characters, and without what has the form of a secret. */
const short = (value: unknown, most: number): string => {
  const masked = mask(text(value))
  return masked.length <= most
    ? masked
    : `${masked.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, "")}…`
}

/** Whether a question is that of an approval, which is told by itself. */
const isToldAnyway = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  { organization, type }: StoredEvent,
  data: Data
) {
  if (type !== "human_request.created" || data["kind"] !== "approval") return false
  const rows = yield* shell.read((driver) =>
    driver.find({
      organization,
      table: "approvals",
      index: "approvals_by_request",
      equals: { request_id: Number(data["request_id"]) },
      limit: 1
    })
  )
  return rows.length > 0
})

/** Whether the policy has answered in the same commit: then no person is asked. */
const isDenied = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  { organization, stream, type, version }: StoredEvent
) {
  if (type !== "approval.requested") return false
  const [next] = yield* shell.read((driver) =>
    driver.readStream(organization, stream, { after: version, limit: 1 })
  )
  return (
    next?.type === "approval.rejected" && Envelope.bodyOf(next).data["decided_by"] === system.id
  )
})

const toldOf = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  { at, organization, position }: StoredEvent,
  id: number | undefined
) {
  const row =
    id === undefined
      ? undefined
      : yield* shell.read((driver) => driver.get(organization, Projection.tasks.table, { id }))
  const task = row === undefined ? undefined : Projection.tasks.fromRow(row)
  const told: Told = {
    key: `${organization}:${position}`,
    at: timestamp(at),
    organizationId: organization,
    projectId: task?.projectId ?? null,
    moduleId: task?.moduleId ?? null,
    taskId: id === undefined ? null : String(id),
    summary: task === undefined ? null : short(task.title, 500)
  }
  return told
})
