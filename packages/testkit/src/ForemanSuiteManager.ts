/**
 * What a manager agent is promised: one command makes and dispatches, and nothing is made twice.
 *
 * @internal
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"

import { Foreman, Identifier, Task } from "@foreman/core"
import { patient, recording } from "./ForemanSuiteAgents.ts"
import { asked, command, counted, onLocal } from "./ForemanSuiteManagerGiven.ts"
import * as Gate from "./ForemanSuiteManagerGate.ts"
import * as Refusals from "./ForemanSuiteManagerRefusals.ts"
import * as Repeats from "./ForemanSuiteManagerRepeats.ts"
import * as Tasks from "./ForemanSuiteManagerTasks.ts"
import { assertRebuilds } from "./ForemanSuiteRebuild.ts"
import { type Backend, call, numbers } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (backend: Backend): void => {
  defaulting(backend)
  dispatching(backend)
  choosing(backend)
  Gate.register(backend)
  Repeats.register(backend)
  Refusals.register(backend)
  Tasks.register(backend)
}

// internal --------------------------------------------------------------------

const once = {
  "organization.created": 1,
  "team.created": 1,
  "project.created": 1,
  "module.created": 1
}

const defaulting = (backend: Backend) => {
  it.live("makes its team, its project and its inbox once, for all who command at once", () =>
    Effect.gen(function* () {
      const wish = (number: number) => command({ kind: "create_task", summary: `Task ${number}` })
      const answers = yield* Effect.forEach(numbers(6), wish, { concurrency: "unbounded" })
      assert.strictEqual(new Set(answers.map(({ task_id }) => task_id)).size, 6)
      for (const { kind, module_id, project_id } of answers) {
        assert.deepStrictEqual(
          [kind, project_id, module_id],
          ["in_progress", "demo", "module-default"]
        )
      }
      assert.deepInclude(yield* counted, { ...once, "task.created": 6, "repo.registered": 1 })
      const { client } = yield* Foreman
      const { moduleId, projectId } = Task.defaultPlace
      const project = yield* client.getProject({ projectId })
      assert.deepInclude({ ...project }, { name: "Demo Project", repoRoot: "/src/app" })
      const module = yield* client.getModule({ moduleId })
      assert.deepInclude({ ...module }, { projectId, name: "Inbox", boardState: "active" })
      const [organization] = (yield* client.listOrganizations({})).items
      yield* assertRebuilds(organization?.id ?? "")
    }).pipe(onLocal(backend, undefined, { isIdle: true, waitMillis: 1, ...inApp }))
  )

  it.live("makes nothing because somebody looks, or says what is no command", () =>
    Effect.gen(function* () {
      const project_id = "demo"
      const looks = [
        call("get_project_board", { project_id }),
        call("get_board_tasks", { project_id }),
        call("get_task_workbench", { project_id, task_id: "1" }),
        call("dispatch_manager_task", { project_id, task_id: "1" })
      ]
      for (const look of looks) {
        assert.deepInclude(yield* Effect.flip(look), { code: "ProjectNotFound", status: 404 })
      }
      const unknown = yield* Effect.flip(command({ kind: "explode" }))
      assert.deepInclude(unknown, {
        status: 400,
        message: "unsupported manager-agent action: explode"
      })
      assert.deepStrictEqual(yield* counted, {})
    }).pipe(onLocal(backend))
  )
}

const inApp = { workingDirectory: "/src/app" } as const

const dispatching = (backend: Backend) => {
  it.live("creates a task, sees it through and says that it is complete", () => {
    const { behaviour, specs } = recording()
    return Effect.gen(function* () {
      const text = "Fix login\nIt refuses umlauts."
      const wish = { kind: "create_task", summary: text, priority: 70, session_id: "s-1" }
      const answer = yield* command(wish)
      assert.deepInclude(answer, { kind: "completion", summary: text, project_id: "demo" })
      assert.include(specs[0]?.prompt, "It refuses umlauts.")
      const again = yield* command({ kind: "dispatch_task", task_id: answer.task_id })
      assert.deepStrictEqual([again.kind, again.run_id], ["completion", answer.run_id])
      assert.strictEqual(specs.length, 1)
      const view = yield* call("get_manager_task", { task_id: answer.task_id })
      assert.deepInclude(view, {
        state: "completed",
        summary: text,
        priority: 70,
        run_state: "completed"
      })
    }).pipe(onLocal(backend, behaviour))
  })

  it.live("answers in time however long the agent takes", () =>
    Effect.gen(function* () {
      const agent = yield* patient
      yield* Effect.gen(function* () {
        const { kind, task_id } = yield* command({ kind: "create_task", summary: "Think" })
        assert.strictEqual(kind, "in_progress")
        yield* agent.begun
        type View = { readonly state: string }
        const { state } = yield* asked<View>("get_manager_task", { task_id })
        assert.include(["leased", "running"], state)
        yield* agent.finish
        const done = TestForeman.until(
          Effect.gen(function* () {
            const { kind } = yield* command({ kind: "dispatch_task", task_id })
            return kind === "completion" ? kind : undefined
          })
        )
        assert.strictEqual(yield* done, "completion")
      }).pipe(onLocal(backend, agent.behaviour, { waitMillis: 200 }))
    })
  )

  it.live("says which task it has made when its run fails", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      const refusal = yield* Effect.flip(command({ kind: "create_task", summary: "Fail" }, "k-1"))
      assert.deepInclude(refusal, { code: "DispatchFailed", status: 500, message: "exit:3" })
      const { facts } = refusal
      assert.deepInclude(facts, { task_state: "failed", project_id: "demo" })
      const task_id = String(facts["task_id"])
      const again = yield* Effect.flip(command({ kind: "create_task", summary: "Fail" }, "k-1"))
      assert.strictEqual(again.facts["task_id"], task_id)
      const dispatch = yield* Effect.flip(command({ kind: "dispatch_task", task_id }))
      assert.deepInclude(dispatch, {
        status: 409,
        message: "task action conflict: dispatch unavailable: Use retry for failed tasks"
      })
      const taskId = Identifier.TaskId.make(Number(task_id))
      const { attempts } = yield* client.getTask({ taskId })
      assert.strictEqual(attempts, 1)
    }).pipe(onLocal(backend, () => Effect.succeed({ exitCode: 3 })))
  )
}

const choosing = (backend: Backend) => {
  it.live("runs a task of no project that was named in the default project's repository", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      yield* command({ kind: "create_project", name: "Two", repo_root: "/src/two" })
      const { projectId } = Task.defaultPlace
      const { repositoryId, teamId } = yield* client.getProject({ projectId })
      const { items } = yield* client.listRepositories({ teamId })
      assert.lengthOf(items, 2)
      const { id: taskId } = yield* client.createTask(TestForeman.wanted(teamId))
      yield* TestForeman.untilTask(taskId, ({ hold, status }) => (hold ?? status) === "done")
      const runs = yield* client.listTaskRuns({ taskId })
      assert.deepStrictEqual(
        runs.items.map((run) => run.repositoryId),
        [repositoryId]
      )
    }).pipe(onLocal(backend, undefined, inApp))
  )

  it.live("holds a task of another team that may mean several, whose project that is not", () =>
    Effect.gen(function* () {
      const { client } = yield* Foreman
      yield* command({ kind: "create_project", name: "Two" })
      const [organization] = (yield* client.listOrganizations({})).items
      assert(organization !== undefined)
      const slug = Identifier.Slug.make("others")
      const { id: teamId } = yield* client.createTeam({
        orgId: organization.id,
        name: "Others",
        slug
      })
      for (const name of ["one", "two"]) {
        const place = { localPath: `/src/${name}`, defaultBranch: "main", config: {} }
        yield* client.registerRepository({ teamId, name, ...place })
      }
      const config = { runner: "local" }
      yield* client.createAgent({ teamId, name: "ada", role: "engineer", model: "any", config })
      const { id: taskId, projectId } = yield* client.createTask(TestForeman.wanted(teamId))
      assert.strictEqual(projectId, Task.defaultPlace.projectId)
      yield* TestForeman.untilTask(taskId, ({ hold }) => hold === "repository_needed")
    }).pipe(onLocal(backend, undefined, inApp))
  )
}
