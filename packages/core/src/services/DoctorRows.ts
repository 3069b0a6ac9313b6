/**
 * What the doctor sees in rows and receipts: whose they are, what they name, and what they hold.
 *
 * @internal
 */
import { Clock, Effect, Result } from "effect"
import { catalogue } from "../operations/catalogue.ts"
import * as Command from "../operations/Command.ts"
import type { Driver, Row, StoreError } from "../ports/Driver.ts"
import { tableOf, tables } from "../ports/Tables.ts"
import * as DoctorArtifacts from "./DoctorArtifacts.ts"
import * as DoctorDeliveries from "./DoctorDeliveries.ts"
import { holdsToken, placeOf, type Seen } from "./DoctorLog.ts"
import { problemOf } from "./DoctorRequests.ts"
import type { Tally } from "./DoctorTally.ts"
import { receiptMicros, toleranceMicros } from "./Retention.ts"

// models ----------------------------------------------------------------------

/** Where the doctor looks. */
export interface Place {
  readonly driver: Driver
  readonly organization: string
  readonly tally: Tally
}

// services --------------------------------------------------------------------

/** Looks at every row of an organisation, page by page. */
export const look = Effect.fnUntraced(function* (place: Place): Effect.fn.Return<void, StoreError> {
  const { driver, organization } = place
  for (const table of Object.keys(tables)) {
    const query = { organization, table, index: "key", equals: {}, limit: pageSize }
    for (let after: Row | undefined; ;) {
      const page = yield* driver.find(after === undefined ? query : { ...query, after })
      for (const row of page) yield* lookAtRow(place, table, row)
      if (page.length < pageSize) break
      after = page.at(-1)
    }
  }
})

/**
 * Looks for the receipts of the commands that begin among these events, where these are still kept:
 * what is nearly old enough to be forgotten may be gone by another clock.
 */
export const makeReceipts = ({ driver, organization, tally }: Place, head: number) => {
  const likely = new Map<string, string>()
  let keptSince: number | undefined
  return Effect.fnUntraced(function* (
    events: ReadonlyArray<Seen>
  ): Effect.fn.Return<void, StoreError> {
    keptSince ??= yield* keptSinceOf(driver, organization, head)
    for (const { frame, isFirst, stored } of events) {
      if (frame === undefined || !isFirst || stored.at < keptSince) continue
      const { actor_id: actor, command_id: command } = frame.metadata
      const known = likely.get(stored.type)
      const names = known === undefined ? commandNames : [known, ...commandNames]
      const found = yield* firstReceipt(driver, organization, names, `/${command}`, `${actor}/`)
      const place = placeOf(stored)
      tally.judge("I-17", place, found === undefined ? "has no receipt" : undefined)
      if (found === undefined) continue
      likely.set(stored.type, found.name)
      const { answer, digest, key } = found.receipt
      const isWhole = key === found.key && digestForm.test(digest) && isJson(answer)
      tally.judge("I-16", `receipt of ${place}`, isWhole ? undefined : "is not whole")
      const isTold = holdsToken(answer) || holdsToken(key)
      tally.judge("I-68", `receipt of ${place}`, isTold ? "holds a token" : undefined)
    }
  })
}

// internal --------------------------------------------------------------------

const pageSize = 500

/** Since when receipts are surely kept. The store's time may be ahead of this machine's. */
const keptSinceOf = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  head: number
) {
  const [last] = yield* driver.readAll(organization, { after: Math.max(head - 1, 0), limit: 1 })
  const now = (yield* Clock.currentTimeMillis) * 1000
  return Math.max(now, last?.at ?? 0) - receiptMicros + toleranceMicros
})

/** What a command may be called: an operation, or what a reactor does by itself. */
const commandNames: ReadonlyArray<string> = [
  ...Object.values(catalogue).flatMap(({ kind, name }) => (kind === "command" ? [name] : [])),
  "dispatch",
  "land",
  "internal",
  ...Command.parts
]

/** A SHA-256, or nothing where the caller gave no key. */
const digestForm = /^([0-9a-f]{64})?$/

const isJson = (text: string): boolean =>
  Result.isSuccess(Result.try((): unknown => JSON.parse(text)))

/** An event does not say by which operation it came to be, so each is tried. */
const firstReceipt = Effect.fnUntraced(function* (
  driver: Driver,
  organization: string,
  names: ReadonlyArray<string>,
  command: string,
  actor: string
) {
  for (const name of names) {
    const key = `${actor}${name}${command}`
    const own = yield* driver.receipt(organization, key)
    // The receipt of an organisation's own creation lies in `system`.
    const receipt = own ?? (yield* driver.receipt("system", key))
    if (receipt !== undefined) return { name, key, receipt }
  }
  return undefined
})

const lookAtRow = Effect.fnUntraced(function* (place: Place, table: string, row: Row) {
  const { organization, tally } = place
  const where = `${table} ${keyOf(table, row)}`
  const isTold = Object.values(row).some((value) => typeof value === "string" && holdsToken(value))
  tally.judge("I-68", where, isTold ? "holds a token" : undefined)
  if (table === "tokens") {
    const isHash = /^[0-9a-f]{64}$/.test(String(row["hash"]))
    tally.judge("I-68", where, isHash ? undefined : "keeps something that is no hash")
  }
  if (table === "tasks") {
    const isTimed = (row["completed_at"] ?? null) !== null
    const problem = isTimed === (row["status"] === "done") ? undefined : "is done without a time"
    tally.judge("I-22", where, isTimed && problem !== undefined ? "has a time undone" : problem)
  }
  if (table === "runs" && row["is_live"] === false) {
    const isTimed = (row["ended_at"] ?? null) !== null && (row["cause"] ?? null) !== null
    tally.judge("I-34", where, isTimed ? undefined : "is over without a cause and a time")
  }
  if (table === "deliveries") tally.judge("I-15", where, DoctorDeliveries.problemOf(row))
  if (table === "artifacts") tally.judge("I-54", where, DoctorArtifacts.problemOf(row))
  if (table === "human_requests") tally.judge("I-73", where, problemOf(row))
  const isOwn = row["organization"] === organization
  const lost = tally.wants("I-66") ? yield* lostOf(place, table, row) : undefined
  tally.judge("I-66", where, isOwn ? lost : "is another organization's")
})

const keyOf = (table: string, row: Row): string =>
  tableOf(table)
    // A token that was stored where its hash belongs is not shown.
    .key.map((column) => (column === "hash" ? "" : String(row[column])))
    .filter((value) => value !== "" && !holdsToken(value))
    .join("/")

/** What a row names that its organisation does not have. Nothing that was there goes away. */
const lostOf = Effect.fnUntraced(function* (
  { driver, organization }: Place,
  table: string,
  row: Row
) {
  for (const [column, target] of Object.entries(references[table] ?? {})) {
    const id = row[column] ?? null
    if (id === null) continue
    if ((yield* driver.get(organization, target, { id })) === undefined) {
      return `names in ${column} what ${target} does not have`
    }
  }
  for (const [kind, column] of Object.entries(listings[table] ?? {})) {
    const id = String(row[column])
    const entry = yield* driver.get(organization, "directory", { kind, id })
    if (entry?.["organization"] !== organization) return `is not in the directory as ${kind}`
  }
  return undefined
})

/** Which columns name a row of which table. */
const references: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  agents: { team_id: "teams" },
  approvals: { team_id: "teams", task_id: "tasks", agent_id: "agents", run_id: "runs" },
  artifacts: { run_id: "runs", task_id: "tasks" },
  human_requests: { team_id: "teams", agent_id: "agents", task_id: "tasks", run_id: "runs" },
  merge_jobs: { task_id: "tasks", repo_id: "repositories" },
  messages: { team_id: "teams", task_id: "tasks" },
  repositories: { team_id: "teams" },
  reviews: { task_id: "tasks" },
  runs: {
    task_id: "tasks",
    agent_id: "agents",
    repository_id: "repositories",
    output_id: "artifacts"
  },
  task_dependencies: { task_id: "tasks", depends_on_id: "tasks" },
  tasks: { team_id: "teams", assignee_id: "agents", live_run_id: "runs", last_run_id: "runs" },
  tokens: { subject: "runs" }
}

/** As what the directory leads to a row, and by which of its columns. */
const listings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  agents: { agent: "id" },
  approvals: { approval: "id" },
  artifacts: { artifact: "id" },
  human_requests: { human_request: "id" },
  messages: { message: "id" },
  organizations: { organization: "organization", organization_slug: "slug" },
  repositories: { repository: "id" },
  runs: { run: "id" },
  tasks: { task: "id" },
  teams: { team: "id" },
  tokens: { token: "hash" }
}
