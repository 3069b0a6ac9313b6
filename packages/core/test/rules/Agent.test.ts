import { assert, describe, it } from "@effect/vitest"

import { Agent, Identifier } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const at = "2026-01-01T00:00:00.000000Z"
const teamId = Identifier.TeamId.make("00000000-0000-7000-8000-000000000001")
const agentId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")

describe("an agent", () => {
  const manager = Agent.managerOf(teamId)
  const created = (autoCreated: boolean): Agent.AgentEvent => ({
    type: "agent.created",
    data: { ...manager, agentId, autoCreated }
  })

  it("is created as wanted, and says whether somebody wanted it", () => {
    GivenWhenThen.given(manager)
      .when((wanted) => Agent.create(wanted, { agentId }))
      .then(created(false))
    GivenWhenThen.given(manager)
      .when((wanted) => Agent.create(wanted, { agentId, autoCreated: true }))
      .then(created(true))
  })

  it("keeps its pause only; what it does is derived", () => {
    const record = Agent.evolve(undefined, created(true), at)
    assert.deepStrictEqual(record, { ...manager, id: agentId, isPaused: false, createdAt: at })
    for (const [isPaused, hasLiveRun, status] of [
      [false, false, "idle"],
      [false, true, "working"],
      [true, false, "paused"],
      [true, true, "paused"]
    ] as const) {
      assert.strictEqual(Agent.statusOf({ isPaused }, { hasLiveRun }), status)
    }
  })

  it("is started by the runner that its configuration names, or by itself", () => {
    assert.strictEqual(Agent.runnerOf({ config: { runner: "command" } }), "command")
    for (const config of [{}, { runner: "" }, { runner: 1 }, { runner: null }]) {
      assert.isNull(Agent.runnerOf({ config }))
    }
  })

  it("is the team's manager from the beginning, under the contract's name and model", () => {
    assert.deepInclude(manager, {
      name: "manager",
      role: "manager",
      model: "claude-sonnet-4-20250514"
    })
  })

  it("is refused by a name that a person reads", () => {
    assert.strictEqual(new Agent.AgentNotFound({ agentId: "x" }).message, "Agent not found")
  })
})
