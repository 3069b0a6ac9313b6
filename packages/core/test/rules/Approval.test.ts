import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { Approval, type Decision, Identifier, Task } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const approvalId = Identifier.ApprovalId.make("00000000-0000-7000-8000-0000000000b1")
const other = Identifier.ApprovalId.make("00000000-0000-7000-8000-0000000000b2")
const runId = Identifier.RunId.make("00000000-0000-7000-8000-0000000000c1")
const taskId = Identifier.TaskId.make(1)
const at = "2026-01-01T00:00:00.000000Z"
const now = Identifier.micros(at)

const wanted: Approval.Wanted = {
  approvalId,
  taskId,
  teamId: Task.example().teamId,
  projectId: Task.example().projectId,
  runId: null,
  agentId: null,
  requestId: null,
  kind: "dispatch",
  digest: "d",
  action: {},
  summary: "git push",
  reason: "git push requires approval",
  risk: "high",
  urgency: 10,
  rule: "strict.git_push",
  policy: "strict",
  quorum: 1,
  requestedBy: "author",
  authors: ["author"],
  expiresAt: null
}

const example = (given: Partial<Approval.Approval> = {}): Approval.Approval => {
  const { approvalId: id, ...asked } = wanted
  const open = { rejectionReason: null, expiryReason: null, decidedAt: null, decisions: [] }
  return { id, ...asked, ...open, status: "pending", createdAt: at, ...given }
}

const person = { id: "person", isPerson: true, isOperator: false }
const facts = (given: Partial<Approval.DecisionFacts> = {}): Approval.DecisionFacts => ({
  decider: person,
  task: Task.example({ approvalId, approvalStatus: "pending", hold: "approval" }),
  board: "waiting_approval",
  now,
  ...given
})

const state = { approvalId, taskId, board: "waiting_approval" } as const
const isOver = (approvalStatus: Approval.Approval["status"]) =>
  new Approval.ApprovalIsOver({ ...state, approvalStatus })

const said = { approvalId, taskId, decidedBy: "person" }
const becomes = (status: "approved" | "rejected" | "expired" | "pending" | "used") =>
  ({ type: "task.approval_changed", data: { taskId, approvalId, status } }) as const
const held = (reason: Task.Hold) => ({ type: "task.held", data: { taskId, reason } }) as const
const released = { type: "task.released", data: { taskId, reason: "due" } } as const

describe("asking for an approval", () => {
  it("holds the task of a dispatch, and no other", () => {
    const dispatch = Approval.request(wanted)
    assert.deepStrictEqual(dispatch.slice(1), [becomes("pending"), held("approval")])
    assert.strictEqual(Approval.request({ ...wanted, kind: "command" }).length, 1)
  })
})

describe("agreeing", () => {
  it("lets the task go on", () => {
    GivenWhenThen.given(example())
      .when((approval) => Approval.approve(approval, facts()))
      .then(
        { type: "approval.approved", data: { ...said, isFinal: true } },
        becomes("approved"),
        released
      )
  })

  it("leaves a hold that has another reason", () => {
    const task = Task.example({ approvalId, hold: "paused" })
    GivenWhenThen.given(example())
      .when((approval) => Approval.approve(approval, facts({ task })))
      .then({ type: "approval.approved", data: { ...said, isFinal: true } }, becomes("approved"))
  })

  it("is for nothing but itself once the task has a later one", () => {
    const task = Task.example({ approvalId: other, hold: "approval" })
    GivenWhenThen.given(example())
      .when((approval) => Approval.approve(approval, facts({ task })))
      .then({ type: "approval.approved", data: { ...said, isFinal: true } })
  })

  it("changes nothing the second time, whether or not a run has begun", () => {
    for (const status of ["approved", "used"] as const) {
      GivenWhenThen.given(example({ status }))
        .when((approval) => Approval.approve(approval, facts()))
        .thenNothing()
    }
  })

  it("is refused once it was decided otherwise, or is over", () => {
    for (const status of ["rejected", "expired"] as const) {
      GivenWhenThen.given(example({ status }))
        .when((approval) => Approval.approve(approval, facts()))
        .thenRejected(isOver(status))
    }
    GivenWhenThen.given(example({ expiresAt: at }))
      .when((approval) => Approval.approve(approval, facts()))
      .thenRejected(isOver("expired"))
  })

  it("waits for enough people, each of them once", () => {
    const first = { by: "person", verdict: "approve", at } as const
    GivenWhenThen.given(example({ quorum: 2 }))
      .when((approval) => Approval.approve(approval, facts()))
      .then({ type: "approval.approved", data: { ...said, isFinal: false } })
    GivenWhenThen.given(example({ quorum: 2, decisions: [first] }))
      .when((approval) => Approval.approve(approval, facts()))
      .thenNothing()
  })

  it("is for people, and not for whoever wrote it, unless alone on a local server", () => {
    const refused = (decider: Approval.Decider, reason: "no_person" | "own_work") =>
      GivenWhenThen.given(example())
        .when((approval) => Approval.approve(approval, facts({ decider })))
        .thenRejected(new Approval.MayNotDecide({ approvalId, decider: decider.id, reason }))
    refused({ id: "agent", isPerson: false, isOperator: false }, "no_person")
    refused({ id: "author", isPerson: true, isOperator: false }, "own_work")
    const alone = { id: "author", isPerson: true, isOperator: true }
    const decision = Approval.approve(example(), facts({ decider: alone }))
    assert.isTrue(Result.isSuccess(decision))
  })
})

describe("refusing", () => {
  it("keeps the task back, and the first reason", () => {
    GivenWhenThen.given(example())
      .when((approval) => Approval.reject(approval, "No", facts()))
      .then(
        { type: "approval.rejected", data: { ...said, rejectionReason: "No" } },
        becomes("rejected"),
        held("approval_rejected")
      )
    GivenWhenThen.given(example({ status: "rejected", rejectionReason: "No" }))
      .when((approval) => Approval.reject(approval, "Never", facts()))
      .thenNothing()
  })

  it("is refused once it was approved", () => {
    for (const status of ["approved", "used", "expired"] as const) {
      GivenWhenThen.given(example({ status }))
        .when((approval) => Approval.reject(approval, "No", facts()))
        .thenRejected(isOver(status))
    }
  })

  it("is open to whoever wrote it", () => {
    const decider = { id: "author", isPerson: true, isOperator: false }
    assert.isTrue(Result.isSuccess(Approval.reject(example(), "No", facts({ decider }))))
  })
})

describe("dispatching again", () => {
  it("lets go of what keeps back an approved task, and of nothing else", () => {
    GivenWhenThen.given(example({ status: "approved" }))
      .when((approval) => Approval.retryDispatch(approval, facts()))
      .then({ type: "task.released", data: { taskId } })
    const free = facts({ task: Task.example({ approvalId }) })
    for (const status of ["approved", "used"] as const) {
      GivenWhenThen.given(example({ status }))
        .when((approval) => Approval.retryDispatch(approval, free))
        .thenNothing()
    }
  })

  it("is refused of what is not approved, or not the latest", () => {
    const refused = (
      given: Partial<Approval.Approval>,
      approvalStatus: Approval.Approval["status"]
    ) =>
      GivenWhenThen.given(example(given))
        .when((approval) => Approval.retryDispatch(approval, facts()))
        .thenRejected(new Approval.ApprovalNotApproved({ ...state, approvalStatus }))
    refused({}, "pending")
    refused({ status: "rejected" }, "rejected")
    refused({ status: "approved", kind: "command" }, "approved")
    refused({ status: "used", id: approvalId, taskId, kind: "merge" }, "used")
  })
})

describe("an end without an answer", () => {
  const task = Task.example({ approvalId, hold: "approval" })
  const expired = (reason: Approval.ExpiryReason) =>
    ({ type: "approval.expired", data: { approvalId, taskId, reason } }) as const

  it("leaves the task to a look when its time is up, and free when it is another action", () => {
    assert.deepStrictEqual<unknown>(Approval.expire(example(), task, "timeout"), [
      expired("timeout"),
      becomes("expired"),
      held("approval_expired")
    ])
    assert.deepStrictEqual<unknown>(Approval.expire(example(), task, "changed"), [
      expired("changed"),
      becomes("expired"),
      released
    ])
  })

  it("is none of what is decided", () => {
    for (const status of ["used", "rejected", "expired"] as const) {
      assert.deepStrictEqual(Approval.expire(example({ status }), task, "changed"), [])
    }
  })
})

describe("an approval", () => {
  const evolve = (before: Approval.Approval | undefined, events: ReadonlyArray<{ type: string }>) =>
    events.reduce<Approval.Approval | undefined>(
      (approval, event) =>
        event.type.startsWith("approval.")
          ? // As: these are the events of approvals.
            Approval.evolve(approval, event as Approval.ApprovalEvent, at)
          : approval,
      before
    )

  const wishes = [
    (one: Approval.Approval) => Approval.approve(one, facts()),
    (one: Approval.Approval) =>
      Approval.approve(one, facts({ decider: { ...person, id: "someone" } })),
    (one: Approval.Approval) => Approval.reject(one, "No", facts()),
    (one: Approval.Approval) => Result.succeed(Approval.expire(one, undefined, "changed")),
    (one: Approval.Approval) => Result.succeed(Approval.use(one, runId))
  ] as ReadonlyArray<(one: Approval.Approval) => Decision.Decision<{ type: string }, unknown>>

  it("goes only where the table of its states says, whatever is wished of it", () => {
    const wish = fc.constantFrom(...wishes)
    fc.assert(
      fc.property(
        fc.array(wish, { maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        (list, quorum) => {
          let approval = example({ quorum })
          for (const decide of list) {
            const decision = decide(approval)
            if (Result.isFailure(decision)) continue
            const next = evolve(approval, decision.success)
            assert(next !== undefined)
            if (next.status !== approval.status) {
              assert.include(Approval.transitions[approval.status], next.status)
            }
            const agreed = next.decisions.filter(({ verdict }) => verdict === "approve")
            assert.strictEqual(new Set(agreed.map(({ by }) => by)).size, agreed.length)
            if (next.status === "approved") assert.strictEqual(agreed.length, quorum)
            approval = next
          }
        }
      )
    )
  })

  it("is of another action whenever a part of it is another one", () => {
    const agent = { id: Identifier.AgentId.make(approvalId), config: {}, model: "m" }
    const action = (given: Partial<Task.Task>, config = {}) =>
      JSON.stringify(Approval.dispatchOf(Task.example(given), { ...agent, config }, null))
    const base = action({})
    const changes: ReadonlyArray<Partial<Task.Task>> = [
      { title: "x" },
      { description: "x" },
      { acceptance: "x" },
      { type: "read" },
      { scopes: ["repo:demo"] },
      { projectId: Identifier.ProjectId.make("x") },
      { moduleId: Identifier.ModuleId.make("x") }
    ]
    for (const change of changes)
      assert.notStrictEqual(action(change), base, JSON.stringify(change))
    assert.notStrictEqual(action({}, { approvals: "permissive" }), base)
    assert.strictEqual(action({ urgency: 1, tags: ["x"], hold: "approval" }), base)
  })
})
