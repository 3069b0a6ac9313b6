import { assert, describe, it } from "@effect/vitest"
import { Effect, Logger, Result } from "effect"
import { createForeman } from "../../src/createForeman.ts"
import { Foreman } from "../../src/Foreman.ts"
import * as DryRun from "../../src/operations/DryRun.ts"
import { SlowCommandMillis } from "../../src/operations/Observation.ts"
import type { TeamId } from "../../src/rules/Identifier.ts"
import { as, layer, team } from "./TestForeman.ts"

const wish = (teamId: TeamId) => ({ team_id: teamId, title: "Fix login" })

describe("a dry run", () => {
  it.live("shows events and answer on the wire, and says nothing of a query", () =>
    Effect.gen(function* () {
      const { invoke } = yield* Foreman
      const { id } = yield* team
      // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
      const dry: any = yield* invoke("create_task", wish(id), { dryRun: true })
      assert.hasAllKeys(dry, ["dry_run", "events", "more", "answer"])
      assert.deepInclude(dry, { dry_run: true, more: false })
      assert.deepInclude(dry.events[0], {
        stream: `task:${DryRun.placeholder}`,
        type: "task.created"
      })
      assert.strictEqual(dry.events[0].data.title, "Fix login")
      assert.deepInclude(dry.answer, { id: DryRun.placeholder, title: "Fix login", team_id: id })
      const listed = yield* invoke("list_tasks", { team_id: id }, { dryRun: true })
      assert.deepStrictEqual(listed, { items: [], next_cursor: null })
    }).pipe(as("operator"), Effect.provide(layer))
  )

  it.live("waits for no person", () =>
    Effect.gen(function* () {
      const { client, dryRun } = yield* Foreman
      const { id: teamId } = yield* team
      const [manager] = (yield* client.getTeam({ teamId })).agents
      const asked = yield* dryRun.askHuman({
        teamId,
        agentId: manager!.id,
        kind: "question",
        question: "Which colour?",
        options: [],
        wait: true
      })
      assert.strictEqual(asked.answer?.status, "pending")
      assert.isEmpty((yield* client.getPendingRequests({ teamId })).items)
    }).pipe(as("operator"), Effect.provide(layer))
  )

  it.live("ends where the next step needs what was not written, and says that more follow", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const steps = Effect.gen(function* () {
        const { id: teamId } = yield* team
        return yield* client.getTeam({ teamId })
      })
      const said: Array<unknown> = []
      const logger = Logger.layer([Logger.make(({ message }) => said.push(message))])
      const dry = yield* Effect.provide(DryRun.of(steps), logger).pipe(
        // How long it takes on this machine would be said too.
        Effect.provideService(SlowCommandMillis, Infinity)
      )
      assert.isEmpty(said, "what only ends a dry run is no failure")
      assert.deepStrictEqual(
        dry.events.map(({ type }) => type),
        ["organization.created"]
      )
      assert.isTrue(dry.more)
      assert.notProperty(dry, "answer")
      assert.isEmpty((yield* client.listOrganizations({})).items)
    }).pipe(as("operator"), Effect.provide(layer))
  )

  it.live("goes on after a step that writes nothing, and hands on a refusal of the first", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const { id: teamId } = yield* team
      const [manager] = (yield* client.getTeam({ teamId })).agents
      const wish = { title: "A", description: "", priority: "low" } as const
      const none = { dependsOn: [], repoIds: [], tags: [], metadata: {} }
      const once = { idempotencyKey: "once" }
      const create = client.createTask({ teamId, ...wish, ...none }, once)
      const task = yield* create
      const assign = client.assignTask({ taskId: task.id, assigneeId: manager!.id })
      const first = yield* DryRun.of(Effect.andThen(create, assign))
      assert.deepStrictEqual(
        first.events.map(({ type }) => type),
        ["task.assigned"]
      )
      assert.isFalse(first.more)
      const refused = DryRun.of(client.changeTaskStatus({ taskId: task.id, status: "done" }))
      const result = yield* Effect.result(refused)
      assert.isTrue(Result.isFailure(result) && result.failure._tag === "IllegalMove")
    }).pipe(as("operator"), Effect.provide(layer))
  )

  it("is a method of its own for people who do not write Effect", async () => {
    await using foreman = await createForeman()
    const { events, answer } = await foreman.dryRun.createOrganization({ name: "A", slug: "a" })
    assert.strictEqual(events[0]?.type, "organization.created")
    assert.strictEqual(answer?.slug, "a")
    assert.isEmpty((await foreman.listOrganizations({})).items)
    const refusal = await foreman.dryRun
      .createOrganization({ name: "", slug: "a" })
      .catch((error) => error)
    assert.strictEqual(refusal._tag, "InvalidInput")
  })
})
