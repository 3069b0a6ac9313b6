import { describe, expect, it } from "@effect/vitest"
import * as fc from "fast-check"

import { type Driver, Projection, Tables } from "@foreman/core"
import { Arbitraries } from "@foreman/testkit"

const { id, task, run, review, settings, timestamp, title, commitId } = Arbitraries

/** JSON as it comes from outside, which knows no negative zero. */
const free = fc
  .dictionary(fc.string(), fc.jsonValue())
  .map((data): object => JSON.parse(JSON.stringify(data)))

/** Something of each projection's kind, with every field. */
const things: Readonly<Record<string, fc.Arbitrary<object>>> = {
  organizations: fc.record({
    id: id.organization,
    name: title,
    slug: fc.constant("acme"),
    isPaused: fc.boolean(),
    createdAt: timestamp
  }),
  teams: fc.record({
    id: id.team,
    orgId: id.organization,
    name: title,
    slug: fc.constant("web"),
    settings,
    createdAt: timestamp
  }),
  agents: fc.record({
    id: id.agent,
    teamId: id.team,
    name: title,
    role: fc.constantFrom("manager", "engineer", "reviewer"),
    model: fc.string(),
    config: fc.oneof(free, fc.constant({ runner: "command" }), fc.constant({ runner: 7 })),
    isPaused: fc.boolean(),
    createdAt: timestamp
  }),
  repositories: fc.record({
    id: id.repository,
    teamId: id.team,
    name: title,
    localPath: fc.string(),
    defaultBranch: fc.constant("main"),
    config: free,
    createdAt: timestamp
  }),
  projects: fc.record({
    id: fc.constant("shop"),
    teamId: id.team,
    name: title,
    description: fc.string({ unit: "binary" }),
    repositoryId: fc.option(id.repository),
    repoRoot: fc.string(),
    policy: fc.constantFrom("strict", "open"),
    manager: fc.option(fc.string()),
    createdAt: timestamp,
    updatedAt: timestamp
  }),
  modules: fc.record({
    id: fc.constant("cart"),
    projectId: fc.constant("shop"),
    name: title,
    description: fc.string({ unit: "binary" }),
    completionCriteria: fc.array(fc.string()),
    paths: fc.array(fc.string()),
    boardState: fc.constantFrom("planned", "active", "blocked", "done"),
    createdAt: timestamp,
    updatedAt: timestamp
  }),
  tasks: fc
    .record({ task, description: fc.string(), metadata: free, tags: fc.array(fc.string()) })
    .map(({ task, ...rest }) => ({ ...task, ...rest })),
  messages: fc.record({
    id: id.task,
    teamId: id.team,
    senderId: id.agent,
    senderType: fc.constantFrom("agent", "user"),
    recipientId: id.agent,
    recipientType: fc.constantFrom("agent", "user"),
    taskId: fc.option(id.task),
    content: fc.string({ unit: "binary" }),
    deliveredAt: fc.option(timestamp),
    seenAt: fc.option(timestamp),
    processedAt: fc.option(timestamp),
    createdAt: timestamp
  }),
  runs: run,
  reviews: review,
  merge_jobs: fc.record({
    id: id.mergeJob,
    taskId: id.task,
    repoId: id.repository,
    status: fc.constantFrom("queued", "running", "success", "failed"),
    strategy: fc.constantFrom("merge", "rebase", "squash"),
    branch: fc.string(),
    targetBranch: fc.string(),
    baseCommit: commitId,
    headCommit: commitId,
    mergeCommit: fc.option(commitId),
    landedOn: fc.option(fc.string()),
    error: fc.option(fc.string()),
    createdAt: timestamp,
    startedAt: fc.option(timestamp),
    completedAt: fc.option(timestamp)
  }),
  artifacts: fc.record({
    id: id.run,
    runId: id.run,
    taskId: id.task,
    kind: fc.constantFrom("run_log", "report"),
    name: fc.string(),
    path: fc.string(),
    contentType: fc.string(),
    size: fc.nat(),
    digest: commitId,
    summary: fc.string(),
    isRemoved: fc.boolean(),
    createdAt: timestamp
  }),
  approvals: fc.record({
    id: id.run,
    taskId: id.task,
    teamId: id.team,
    projectId: fc.string(),
    runId: fc.option(id.run),
    agentId: fc.option(id.agent),
    requestId: fc.option(id.task),
    kind: fc.constantFrom("dispatch", "command", "merge"),
    digest: fc.string(),
    action: free,
    summary: fc.string({ unit: "binary" }),
    reason: fc.string(),
    risk: fc.constantFrom("low", "medium", "high", "critical"),
    urgency: fc.integer({ min: 1, max: 1_000_000 }),
    rule: fc.string(),
    policy: fc.string(),
    quorum: fc.integer({ min: 1, max: 100 }),
    requestedBy: fc.string(),
    authors: fc.array(fc.string()),
    expiresAt: fc.option(timestamp),
    status: fc.constantFrom("pending", "approved", "used", "rejected", "expired"),
    decisions: fc.array(
      fc.record({ by: fc.string(), verdict: fc.constant("approve"), at: timestamp })
    ),
    rejectionReason: fc.option(fc.string()),
    expiryReason: fc.option(fc.constantFrom("timeout", "changed")),
    createdAt: timestamp,
    decidedAt: fc.option(timestamp)
  }),
  human_requests: fc.record({
    id: id.task,
    teamId: id.team,
    agentId: id.agent,
    taskId: fc.option(id.task),
    runId: fc.option(id.run),
    kind: fc.constantFrom("question", "approval", "review"),
    question: fc.string({ unit: "binary" }),
    options: fc.array(fc.string()),
    status: fc.constantFrom("pending", "resolved", "expired"),
    reason: fc.option(fc.constantFrom("timeout", "run_ended")),
    response: fc.option(fc.string()),
    respondedBy: fc.option(fc.string()),
    timeoutAt: fc.option(timestamp),
    createdAt: timestamp,
    resolvedAt: fc.option(timestamp)
  })
}

const fits = (type: Tables.ColumnType, value: Driver.Value | undefined): boolean => {
  if (value === null || value === undefined) return type.endsWith("?")
  if (type.startsWith("text")) return typeof value === "string"
  return type === "boolean" ? typeof value === "boolean" : Number.isSafeInteger(value)
}

describe("a thing as a row", () => {
  for (const projection of Projection.all) {
    const { begins, fromRow, table, toRow } = projection
    const { columns } = Tables.tableOf(table)
    const thing = things[table] ?? fc.constant({})
    // The store adds the organisation, which only two tables read back.
    const owner = (value: object) =>
      String(Reflect.get(value, table === "organizations" ? "id" : "orgId") ?? "acme")

    it(`comes back whole from ${table}`, () => {
      fc.assert(
        fc.property(thing, (value) => {
          expect(fromRow({ ...toRow(value), organization: owner(value) })).toEqual(value)
        }),
        { numRuns: 60 }
      )
    })

    it(`has a fitting value in every column of ${table}`, () => {
      fc.assert(
        fc.property(thing, (value) => {
          const row: Driver.Row = { ...toRow(value), ...begins, organization: owner(value) }
          expect(Object.keys(row).toSorted()).toEqual(Object.keys(columns).toSorted())
          for (const [column, type] of Object.entries(columns)) {
            expect(fits(type, row[column]), column).toBe(true)
          }
        }),
        { numRuns: 60 }
      )
    })
  }

  it("has a projection for every projected table but the edges and what runs hold", () => {
    const projected = Object.entries(Tables.tables).filter(([, { kind }]) => kind === "projection")
    const own = Projection.all.map(({ table }) => table)
    expect([...own, "lease_spans", "task_dependencies"].toSorted()).toEqual(
      projected.map(([name]) => name).toSorted()
    )
    expect(Object.keys(things).toSorted()).toEqual(
      Projection.all.map(({ table }) => table).toSorted()
    )
  })
})
