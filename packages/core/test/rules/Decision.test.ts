import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"

import { Decision, Identifier, Task } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen

describe("a decision", () => {
  it("is the events that happen, or the one refusal", () => {
    assert.deepStrictEqual(Decision.accept(1, 2), Result.succeed([1, 2]))
    assert.deepStrictEqual(Decision.accept(), Result.succeed([]))
    assert.deepStrictEqual(Decision.refuse("no"), Result.fail("no"))
  })
})

describe("given, when, then", () => {
  const taskId = Identifier.TaskId.make(1)
  const released: Task.TaskEvent = { type: "task.released", data: { taskId } }
  const held = Task.held({ id: taskId }, "rejected")
  const retry = (task: Task.Task) => Task.retry(task, { actorId: "someone" })
  const refused = new Task.NotHeldNorFailed({ taskId, status: "todo" })

  it("begins with a state or with the events that led to it", () => {
    given(Task.example({ hold: "rejected" }))
      .when(retry)
      .then(released)
    const { branch, dependsOn, description, metadata, priority, repoIds, tags, teamId, title } =
      Task.example()
    const plain = {
      branch,
      dependsOn,
      description,
      metadata,
      priority,
      repoIds,
      tags,
      teamId,
      title
    }
    const data = { ...plain, taskId, driId: null, assigneeId: null }
    given(Task.evolve, { type: "task.created", data }, held).when(retry).then(released)
  })

  it("fails when other events happen", () => {
    const when = given(Task.example({ hold: "rejected" })).when(retry)
    assert.throws(() => when.then(held), /The rule decided task\.released/)
    assert.throws(() => when.then(released, released), /The rule decided task\.released/)
    assert.throws(() => when.thenNothing(), /The rule decided task\.released/)
  })

  it("fails when the rule refuses, and says what it refused", () => {
    const when = given(Task.example()).when(retry)
    assert.throws(() => when.then(released), /The rule refused: NotHeldNorFailed: Task 1 \(todo\)/)
    assert.throws(() => when.thenNothing(), /The rule refused/)
  })

  it("fails when the rule refuses nothing, or with other facts", () => {
    const accepted = given(Task.example({ hold: "rejected" })).when(retry)
    assert.throws(() => accepted.thenRejected(refused), /The rule decided task\.released/)
    const rejected = given(Task.example()).when(retry)
    rejected.thenRejected(refused)
    const other = new Task.NotHeldNorFailed({ taskId, status: "done" })
    assert.throws(() => rejected.thenRejected(other), /The rule refused/)
  })

  it("tells an answer without events from a refusal", () => {
    const nothing = given(Task.example()).when((task) => Task.update(task, {}))
    nothing.thenNothing()
    assert.throws(() => nothing.then(released), /The rule decided nothing/)
  })

  it("fails when the given events lead to nothing, or when it is awaited", async () => {
    assert.throws(() => given(Task.evolve, released), /no state/)
    const answer = given(Task.example()).when(retry)
    const awaited = Promise.resolve(answer).then(
      () => "resolved",
      (error: unknown) => String(error)
    )
    assert.match(await awaited, /is not awaited/)
  })
})
