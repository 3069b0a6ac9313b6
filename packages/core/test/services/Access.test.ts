import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

import {
  type Access,
  type Driver,
  Foreman,
  Identifier,
  Projection,
  type Run,
  Shell,
  Tokens
} from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

const runId = Identifier.RunId.make("00000000-0000-7000-8000-000000000001")

/** A run as the dispatcher leaves it, with the token of its agent. */
const given = Effect.fnUntraced(function* (
  status: Run.RunStatus = "running",
  expiresAt = 10_000_000
) {
  const { driver } = yield* Shell.Shell
  const team = yield* TestForeman.givenTeam()
  const task = yield* TestForeman.givenTask(team)
  const [engineer] = team.engineers
  if (engineer === undefined) return yield* Effect.die("no engineer")
  const { steps, token } = yield* Tokens.issue(runId, expiresAt)
  const none = {
    repositoryId: null,
    workspace: null,
    baseCommit: null,
    headCommit: null,
    exitCode: null,
    cause: null,
    answer: null,
    outputId: null,
    spans: [],
    startedAt: null,
    endedAt: null
  }
  const row = Projection.runs.toRow({
    ...none,
    id: runId,
    taskId: task.id,
    agentId: engineer.id,
    attempt: 1,
    status,
    runner: "memory",
    holder: "test",
    branch: task.branch,
    queuedAt: task.createdAt
  })
  const organization = team.organization.id
  const write = (steps: ReadonlyArray<Driver.Step>) =>
    driver.commit({ organization, reliesOn: [], steps, events: [] })
  yield* write([{ _tag: "Insert", table: "runs", row }, ...steps])
  return { ...team, engineer, organization, task, token, write, driver }
})

const authenticate = (token: string | undefined) =>
  Foreman.use(({ access }) => access.authenticate(token)).pipe(
    Effect.match({ onSuccess: ({ type }) => type, onFailure: ({ _tag }) => _tag })
  )

const on = (access: Access.AccessConfig) => Effect.provide(TestForeman.layer({ access }))

const open = on({ mode: "open" })

describe("open access", () => {
  it.effect("takes who shows nothing for the operator, and refuses a token that is no one's", () =>
    Effect.gen(function* () {
      expect(yield* authenticate(undefined)).toBe("operator")
      expect(yield* authenticate("")).toBe("NotAuthenticated")
      expect(yield* authenticate(Tokens.random("run"))).toBe("NotAuthenticated")
    }).pipe(open)
  )

  it.effect("takes a run for that run, with what its agent may", () =>
    Effect.gen(function* () {
      const { access } = yield* Foreman
      const { engineer, organization, task, token } = yield* given()
      expect(yield* access.authenticate(token)).toEqual({
        type: "run",
        id: runId,
        role: "engineer",
        organizationId: organization,
        run: { id: runId, agentId: engineer.id, taskId: task.id, attempt: 1 }
      })
    }).pipe(open)
  )
})

describe("access by token", () => {
  const byToken = on({ mode: "token", operatorToken: "secret" })

  it.effect("knows the operator by the whole token, and nobody without one", () =>
    Effect.gen(function* () {
      expect(yield* authenticate("secret")).toBe("operator")
      for (const wrong of [undefined, "", "Secret", "secret ", "secre", "secrets"]) {
        expect(yield* authenticate(wrong), `${wrong}`).toBe("NotAuthenticated")
      }
    }).pipe(byToken)
  )

  it.effect("knows a run by its token", () =>
    Effect.gen(function* () {
      expect(yield* authenticate((yield* given()).token)).toBe("run")
    }).pipe(byToken)
  )
})

describe("a run's token", () => {
  it.effect("is good until it expires", () =>
    Effect.gen(function* () {
      const { token } = yield* given("running", 5_000_000)
      yield* TestClock.setTime(4_999)
      expect(yield* authenticate(token)).toBe("run")
      yield* TestClock.setTime(5_000)
      expect(yield* authenticate(token)).toBe("NotAuthenticated")
    }).pipe(open)
  )

  it.effect("is good in every state of a live run, and in none of one that is over", () =>
    Effect.gen(function* () {
      const { token, write } = yield* given("queued")
      const states = ["queued", "starting", "running", "succeeded", "failed", "cancelled", "lost"]
      const seen: Array<string> = []
      for (const status of states) {
        yield* write([{ _tag: "Set", table: "runs", key: { id: runId }, row: { status } }])
        seen.push(yield* authenticate(token))
      }
      const no = "NotAuthenticated"
      expect(seen).toEqual(["run", "run", "run", no, no, no, no])
    }).pipe(open)
  )

  it.effect("is good no more once it is revoked", () =>
    Effect.gen(function* () {
      const { driver, organization, token, write } = yield* given()
      yield* write(yield* Tokens.revoke(driver, organization, runId))
      expect(yield* authenticate(token)).toBe("NotAuthenticated")
    }).pipe(open)
  )

  it.effect("is kept as its hash only", () =>
    Effect.gen(function* () {
      const { driver, organization, token } = yield* given()
      for (const table of ["tokens", "directory"]) {
        const query = { organization, table, index: "key", equals: {}, limit: 1000 }
        const rows = yield* driver.find(query)
        expect(rows.length).toBeGreaterThan(0)
        expect(JSON.stringify(rows)).not.toContain(token)
      }
    }).pipe(open)
  )

  it.effect("differs from any other", () =>
    Effect.sync(() => {
      const tokens = Array.from({ length: 100 }, () => Tokens.random("run"))
      expect(new Set(tokens).size).toBe(100)
    })
  )
})
