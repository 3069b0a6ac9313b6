import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as fc from "fast-check"

import { Identifier, Task, TaskGraph } from "@foreman/core"
import { Arbitraries, GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const [one, two, three] = [1, 2, 3].map((number) => Identifier.TaskId.make(number)) as [
  Identifier.TaskId,
  Identifier.TaskId,
  Identifier.TaskId
]
const facts = { isKnown: true, path: [] }

describe("creating a task that waits for others", () => {
  it("takes what is known", () => {
    assert.deepStrictEqual(
      TaskGraph.depend(one, [two, three, two], { known: [three, two] }),
      Result.succeed([])
    )
  })

  it("refuses what does not exist, in the contract's words", () => {
    const missing = Identifier.TaskId.make(99_999)
    const refusal = new TaskGraph.DependencyMissing({ missing: [missing] })
    given({ taskId: one })
      .when(({ taskId }) => TaskGraph.depend(taskId, [missing, two, missing], { known: [two] }))
      .thenRejected(refusal)
    assert.strictEqual(refusal.message, "Dependency tasks not found: {99999}")
  })

  it("refuses to wait for itself by a guessed number", () => {
    given({ taskId: one })
      .when(({ taskId }) => TaskGraph.depend(taskId, [one], { known: [] }))
      .thenRejected(new TaskGraph.DependsOnItself({ taskId: one }))
  })
})

describe("adding a dependency", () => {
  it("adds it while the task is to do", () => {
    given(Task.example())
      .when((task) => TaskGraph.add(task, two, facts))
      .then({ type: "task.dependency_added", data: { taskId: one, dependsOnId: two } })
  })

  it("refuses once the task has started", () => {
    for (const status of Task.Status.literals.filter((status) => status !== "todo")) {
      given(Task.example({ status }))
        .when((task) => TaskGraph.add(task, two, facts))
        .thenRejected(new TaskGraph.DependenciesFixed({ taskId: one, status }))
    }
  })

  it("refuses the task itself", () => {
    given(Task.example())
      .when((task) => TaskGraph.add(task, one, facts))
      .thenRejected(new TaskGraph.DependsOnItself({ taskId: one }))
  })

  it("refuses a task that is not there, or is another organisation's", () => {
    given(Task.example())
      .when((task) => TaskGraph.add(task, two, { ...facts, isKnown: false }))
      .thenRejected(new TaskGraph.DependencyMissing({ missing: [two] }))
  })

  it("refuses what it waits for already", () => {
    given(Task.example({ dependsOn: [two] }))
      .when((task) => TaskGraph.add(task, two, facts))
      .thenRejected(new TaskGraph.DependencyExists({ taskId: one, dependsOnId: two }))
  })

  it("refuses a cycle and names it from end to end", () => {
    const refusal = new TaskGraph.DependencyCycle({ path: [one, three, two, one] })
    given(Task.example())
      .when((task) => TaskGraph.add(task, three, { isKnown: true, path: [three, two, one] }))
      .thenRejected(refusal)
    assert.strictEqual(refusal.message, "Circular dependency: task 1 -> task 3 -> task 2 -> task 1")
  })
})

describe("removing a dependency", () => {
  it("removes it while the task is not final, a cancelled one too", () => {
    for (const status of Task.Status.literals.filter((status) => !Task.isFinal(status))) {
      given(Task.example({ status, dependsOn: [two] }))
        .when((task) => TaskGraph.remove(task, two))
        .then({ type: "task.dependency_removed", data: { taskId: one, dependsOnId: two } })
    }
  })

  it("refuses once the task is final", () => {
    for (const status of ["done", "cancelled"] as const) {
      given(Task.example({ status, dependsOn: [two] }))
        .when((task) => TaskGraph.remove(task, two))
        .thenRejected(new TaskGraph.DependenciesFixed({ taskId: one, status }))
    }
  })

  it("refuses what it does not wait for", () => {
    given(Task.example({ dependsOn: [three] }))
      .when((task) => TaskGraph.remove(task, two))
      .thenRejected(new TaskGraph.DependencyNotFound({ taskId: one, dependsOnId: two }))
  })
})

describe("what a task still waits for", () => {
  it("is everything that is not done, in the task's order", () => {
    const statuses = new Map<Identifier.TaskId, Task.Status>([
      [one, "done"],
      [two, "cancelled"],
      [three, "in_review"]
    ])
    assert.deepStrictEqual(TaskGraph.blockersOf({ dependsOn: [three, one, two] }, statuses), [
      { taskId: three, status: "in_review" },
      { taskId: two, status: "cancelled" }
    ])
  })
})

describe("the graph of all tasks", () => {
  it("stays without a cycle, whatever edges are wished for", () => {
    fc.assert(
      fc.property(Arbitraries.graph, (wishes) => {
        const edges = new Map<Identifier.TaskId, ReadonlyArray<Identifier.TaskId>>()
        for (const { dependsOn, id } of wishes) {
          for (const target of dependsOn) {
            const task = Task.example({ id, dependsOn: edges.get(id) ?? [] })
            const path = pathBetween(edges, target, id)
            const decision = TaskGraph.add(task, target, { isKnown: true, path })
            if (Result.isSuccess(decision)) edges.set(id, [...task.dependsOn, target])
            else assert.isTrue(id === target || path.length > 0)
          }
        }
        for (const id of edges.keys()) {
          for (const next of edges.get(id) ?? []) {
            assert.deepStrictEqual(pathBetween(edges, next, id), [])
          }
        }
      })
    )
  })

  it("takes every edge of a graph that has no cycle", () => {
    fc.assert(
      fc.property(Arbitraries.acyclicGraph, (tasks) => {
        const edges = new Map(tasks.map(({ dependsOn, id }) => [id, dependsOn]))
        for (const { dependsOn, id } of tasks) {
          for (const target of dependsOn) {
            const path = pathBetween(edges, target, id)
            const decision = TaskGraph.add(Task.example({ id }), target, { isKnown: true, path })
            assert.isTrue(Result.isSuccess(decision))
          }
        }
      })
    )
  })
})

const pathBetween = (
  edges: ReadonlyMap<Identifier.TaskId, ReadonlyArray<Identifier.TaskId>>,
  from: Identifier.TaskId,
  to: Identifier.TaskId,
  seen = new Set<Identifier.TaskId>()
): ReadonlyArray<Identifier.TaskId> => {
  if (from === to) return [to]
  seen.add(from)
  for (const next of edges.get(from) ?? []) {
    if (seen.has(next)) continue
    const rest = pathBetween(edges, next, to, seen)
    if (rest.length > 0) return [from, ...rest]
  }
  return []
}
