import { it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { expect } from "vitest"
import {
  AgentRunner,
  AgentRunnerMemory,
  ArtifactStoreMemory,
  DriverMemory,
  WorkspaceMemory,
  Actor,
  Authorization
} from "@foreman/core"
import { Foreman } from "../../src/Foreman.ts"
import * as Reactors from "../../src/reactors/Reactors.ts"

const world = (behaviour: AgentRunnerMemory.Behaviour) => {
  const runner = AgentRunnerMemory.make("memory", behaviour)
  const base = Layer.mergeAll(
    DriverMemory.layer,
    ArtifactStoreMemory.layer,
    WorkspaceMemory.layer(),
    Layer.succeed(AgentRunner.AgentRunners, new Map([["memory", runner]]))
  )
  return Reactors.layer({ ...Reactors.defaults, holder: "test" }).pipe(
    Layer.provideMerge(Foreman.layer({ mode: "open" })),
    Layer.provideMerge(base)
  )
}

it.live("carries a plan from ready tasks to landed commits", () =>
  Effect.gen(function* () {
    const { client } = yield* Foreman
    const org = yield* client.createOrganization({ name: "A", slug: "a" })
    const team = yield* client.createTeam({ orgId: org.id, name: "T", slug: "t" })
    const teamId = team.id
    for (const name of ["one", "two"])
      yield* client.createAgent({
        teamId,
        name,
        role: "engineer",
        model: "m",
        config: { runner: "memory" }
      })
    yield* client.registerRepository({
      teamId,
      name: "r",
      localPath: "/r",
      defaultBranch: "main",
      config: {}
    })
    const plain = {
      teamId,
      description: "",
      priority: "medium" as const,
      repoIds: [],
      tags: [],
      metadata: {}
    }
    const a = yield* client.createTask({ ...plain, title: "A", dependsOn: [] })
    const b = yield* client.createTask({ ...plain, title: "B", dependsOn: [a.id] })
    const c = yield* client.createTask({ ...plain, title: "C", dependsOn: [a.id] })
    const d = yield* client.createTask({ ...plain, title: "D", dependsOn: [b.id, c.id] })
    const deadline = Date.now() + 8000
    for (;;) {
      const { items } = yield* client.listTasks({ teamId })
      if (items.every((t) => t.status === "done")) break
      if (Date.now() > deadline) {
        console.log(items.map((t) => [t.id, t.status, t.lastOutcome, t.hold]))
        throw new Error("late")
      }
      for (const t of items)
        if (t.status === "in_review") yield* client.approveTask({ taskId: t.id })
      yield* Effect.sleep("20 millis")
    }
    const events = yield* client.getTaskEvents({ taskId: d.id })
    console.log(events.items.map((e) => e.type + " " + JSON.stringify(e.data)))
    const runs = yield* client.listTaskRuns({ taskId: d.id })
    console.log(runs.items)
    console.log(
      yield* client.getTaskRunOutput({ runId: runs.items[0]!.id, offset: 0, length: 1000 })
    )
    expect(c.status).toBe("todo")
    const landings = yield* WorkspaceMemory.Landings
    expect((yield* landings.list).map(({ input }) => input.taskId)).toHaveLength(4)
  }).pipe(
    Effect.provideService(Authorization.CurrentActor, Actor.operator),
    Effect.provide(world((spec) => Effect.as(Effect.sleep("30 millis"), { output: spec.prompt })))
  )
)
