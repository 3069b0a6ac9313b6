import { assert, describe, it } from "@effect/vitest"

import { Actor, Identifier } from "@foreman/core"

const agentId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")
const taskId = Identifier.TaskId.make(1)

/** Who may do what, as it was promised; the code has its own table. */
const promised: Readonly<Record<Actor.Permission, ReadonlyArray<Actor.Role>>> = {
  "health:read": Actor.Role.literals,
  "organization:read": Actor.Role.literals,
  "organization:create": ["operator", "system"],
  "team:read": Actor.Role.literals,
  "team:create": ["operator", "owner", "admin", "system"],
  "team:configure": ["operator", "owner", "admin", "system"],
  "agent:create": ["operator", "owner", "admin", "system"],
  "repository:register": ["operator", "owner", "admin", "system"],
  "project:read": Actor.Role.literals,
  "project:plan": ["operator", "owner", "admin", "member", "manager", "system"],
  "task:read": Actor.Role.literals,
  "task:plan": ["operator", "owner", "admin", "member", "manager", "system"],
  "task:work": ["operator", "owner", "admin", "member", "manager", "engineer", "system"],
  "run:control": ["operator", "owner", "admin", "member", "manager", "system"],
  "message:read": Actor.Role.literals,
  "message:send": Actor.Role.literals,
  "review:request": ["operator", "owner", "admin", "member", "manager", "engineer", "system"],
  "review:decide": ["operator", "owner", "admin", "member", "manager", "reviewer", "system"],
  "human:read": Actor.Role.literals,
  "human:ask": ["operator", "owner", "admin", "manager", "engineer", "system"],
  "human:respond": ["operator", "owner", "admin", "member", "system"],
  "approval:decide": ["operator", "owner", "admin", "member", "system"]
}

describe("what a role may do", () => {
  for (const permission of Actor.Permission.literals) {
    it(`holds ${permission} for those who were promised it, and for nobody else`, () => {
      for (const role of Actor.Role.literals) {
        const isPromised = promised[permission].includes(role)
        assert.strictEqual(Actor.may({ role }, permission), isPromised, role)
      }
    })
  }

  it("lets no agent judge and work at once, but a manager", () => {
    const both = (role: Actor.Role) =>
      Actor.may({ role }, "review:decide") && Actor.may({ role }, "task:work")
    const agents = ["manager", "engineer", "reviewer"] as const
    assert.deepStrictEqual(agents.filter(both), ["manager"])
  })

  it("lets no agent answer what agents ask people", () => {
    for (const role of ["manager", "engineer", "reviewer"] as const) {
      assert.isFalse(Actor.may({ role }, "human:respond"))
    }
  })

  it("gives no agent what changes the team itself", () => {
    for (const role of ["manager", "engineer", "reviewer"] as const) {
      const given = Actor.permissions[role].filter((permission) =>
        /^(organization:create|team:create|team:configure|agent:|repository:)/.test(permission)
      )
      assert.deepStrictEqual(given, [])
    }
  })

  it("lets no run steer other runs, agents or projects, whatever its agent may", () => {
    for (const role of Actor.Role.literals) {
      const refused = Actor.permissions[role].filter(
        (permission) => !Actor.may({ role, run: {} }, permission)
      )
      const steering = ["project:plan", "run:control"]
      const expected = Actor.permissions[role].filter((one) => steering.includes(one))
      assert.deepStrictEqual(refused, expected, role)
    }
  })

  it("names each permission once", () => {
    for (const list of Object.values(Actor.permissions)) {
      assert.strictEqual(new Set(list).size, list.length)
    }
  })
})

describe("in whose name an actor acts", () => {
  const agent: Actor.Actor = { type: "agent", id: agentId, role: "engineer", organizationId: null }
  const run: Actor.Actor = {
    ...agent,
    type: "run",
    id: "run-1",
    run: {
      id: Identifier.RunId.make("00000000-0000-7000-8000-000000000001"),
      agentId,
      taskId,
      attempt: 1
    }
  }

  it("is its own, and a run's its agent's", () => {
    assert.strictEqual(Actor.principalOf(Actor.operator), "operator")
    assert.strictEqual(Actor.principalOf(agent), agentId)
    assert.strictEqual(Actor.principalOf(run), agentId)
  })

  it("is another's only for the operator, owners and Foreman itself", () => {
    const speakers = Actor.Role.literals.filter((role) => Actor.speaksForOthers({ ...agent, role }))
    assert.deepStrictEqual(speakers, ["operator", "owner", "system"])
  })

  it("is what its schema takes", () => {
    for (const actor of [Actor.system, Actor.operator, agent, run]) {
      assert.deepStrictEqual(Actor.Actor.make(actor), actor)
    }
  })

  it("is named in the refusals", () => {
    assert.strictEqual(
      new Actor.ActsForAnother({ actor: "a", named: "b" }).message,
      "a may act only in its own name, not as b"
    )
    assert.strictEqual(
      new Actor.NotYourTask({ actor: "a", taskId }).message,
      "Task 1 is not assigned to a"
    )
  })
})
