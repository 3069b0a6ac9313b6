import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"

import {
  type Access,
  Actor,
  type Driver,
  Foreman,
  Identifier,
  LocalTeam,
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

describe("the manager's token", () => {
  const managerToken = "a token for agents"
  const held = on({ mode: "token", operatorToken: "secret", managerToken })
  const manager = Foreman.use(({ access }) => access.authenticate(managerToken))

  it.effect("stands for the manager of the local team, which is made for it once", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      expect((yield* TestForeman.asOperator(client.listOrganizations({}))).items).toEqual([])
      const [first, ...others] = yield* Effect.all([manager, manager, manager], {
        concurrency: "unbounded"
      })
      for (const other of others) expect(other).toEqual(first)
      const { items } = yield* TestForeman.asOperator(client.listOrganizations({}))
      expect(items.map(({ slug }) => slug)).toEqual(["local"])
      const local = yield* LocalTeam.find(yield* Shell.Shell)
      expect(first).toEqual({
        type: "agent",
        id: local?.managerId,
        role: "manager",
        organizationId: items[0]?.id
      })
    }).pipe(held)
  )

  it.effect("lets it plan, and neither decide nor set up", () =>
    Effect.gen(function* () {
      const actor = yield* manager
      const may = Actor.Permission.literals.filter((permission) => Actor.may(actor, permission))
      expect(may).toEqual([
        "health:read",
        "organization:read",
        "team:read",
        "project:read",
        "project:plan",
        "task:read",
        "task:plan",
        "task:work",
        "run:control",
        "message:read",
        "message:send",
        "review:request",
        "review:decide",
        "human:read",
        "human:ask"
      ])
      expect(Actor.speaksForOthers(actor)).toBe(false)
    }).pipe(held)
  )

  it.effect("is known by the whole of it, and is nobody's where there is none", () =>
    Effect.gen(function* () {
      for (const wrong of ["", "a token for agent", "a token for agents ", "A token for agents"]) {
        expect(yield* authenticate(wrong), wrong).toBe("NotAuthenticated")
      }
      const without = on({ mode: "token", operatorToken: "secret" })
      expect(yield* without(authenticate(managerToken))).toBe("NotAuthenticated")
      const blank = on({ mode: "token", operatorToken: "secret", managerToken: "" })
      expect(yield* blank(authenticate(""))).toBe("NotAuthenticated")
      expect(yield* authenticate("secret")).toBe("operator")
    }).pipe(held)
  )

  it.effect("stands for it where nobody else has to show one", () =>
    Effect.gen(function* () {
      expect(yield* authenticate(managerToken)).toBe("agent")
      expect(yield* authenticate(undefined)).toBe("operator")
    }).pipe(on({ mode: "open", managerToken }))
  )

  it.effect("is kept nowhere in the store", () =>
    Effect.gen(function* () {
      const { organizationId } = yield* manager
      const { driver } = yield* Shell.Shell
      const query = { organization: organizationId ?? "", index: "key", equals: {}, limit: 10 }
      expect(yield* driver.find({ ...query, table: "tokens" })).toEqual([])
    }).pipe(held)
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
