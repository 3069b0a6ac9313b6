import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import { Identifier, Shell, Span, StoreClock } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"
import * as Candidates from "../../src/reactors/Candidates.ts"
import * as Waiting from "../../src/reactors/Waiting.ts"

const elsewhere = {
  has: () => false,
  tasks: () => [],
  size: () => 0,
  refresh: Effect.void,
  put: () => Effect.void
}

/** Twenty tasks of one engineer fill the page; what the other one may have comes after them. */
const given = Effect.gen(function* () {
  const team = yield* TestForeman.givenTeam({ engineers: 2 })
  const [one, two] = team.engineers
  assert(one !== undefined && two !== undefined)
  for (let n = 0; n < 20; n++) {
    yield* TestForeman.givenTask(team, { assigneeId: one.id, priority: "critical" })
  }
  const task = yield* TestForeman.givenTask(team, { assigneeId: two.id, scopes: ["repo/1/src"] })
  const bench = { shell: yield* Shell.Shell, clock: yield* StoreClock.StoreClock }
  const tenure = {
    organization: team.organization.id,
    name: "dispatcher",
    holder: "a",
    token: 1,
    lastsMillis: 9_000
  }
  const beginnable = (spans: ReadonlyArray<string>) => {
    const gone = {
      taskId: Identifier.TaskId.make(999),
      spans: spans.map((span) => Span.Span.make(span))
    }
    const sight = { elsewhere, waiting: Waiting.make(), room: 5, present: [gone] }
    const found = Candidates.find(bench, tenure, sight)
    return Effect.map(found, ({ candidates }) => candidates.map(({ taskId }) => taskId))
  }
  return { beginnable, task }
})

describe("who could begin what", () => {
  it.effect("leaves out what a process holds that is not gone yet, also beyond the page", () =>
    Effect.gen(function* () {
      const { beginnable, task } = yield* given
      assert.include(yield* beginnable([]), task.id)
      assert.include(yield* beginnable(["repo/1/docs/"]), task.id)
      const found = yield* beginnable(["repo/1/src/api/"])
      assert.notInclude(found, task.id)
      assert.lengthOf(found, 1)
    }).pipe(Effect.provide(TestForeman.layer()))
  )
})
