import { ArtifactFolder } from "@foreman/artifacts-fs"
import { createForeman, type PromisedForeman } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { isStepCount, jsonSchema, tool, ToolLoopAgent } from "ai"
import { resolve } from "node:path"
import { agentRunner } from "./agentRunner.ts"
import { openModel } from "./model.ts"
import { toolsOf } from "./toolsOf.ts"

await using opened = await openModel()
const { about, model } = opened

// #region runner
// Foreman dispatches; each run is an agent of the AI SDK that reads what its task builds on.
const started = Promise.withResolvers<PromisedForeman>()
const writer = agentRunner("ai-sdk", ({ agent, taskId }) => {
  const read_results = tool({
    description: "What the tasks that yours builds on came to",
    inputSchema: jsonSchema<object>({ type: "object", properties: {} }),
    execute: async () => resultsBefore(await started.promise, taskId)
  })
  return new ToolLoopAgent({
    model,
    instructions: `You are ${agent.name}, a writer. Read the results before you begin.`,
    tools: { read_results },
    stopWhen: isStepCount(10)
  })
})

const resultsBefore = async (foreman: PromisedForeman, taskId: number) => {
  const { dependsOn } = await foreman.getTask({ taskId })
  const runs = await Promise.all(dependsOn.map((taskId) => foreman.listTaskRuns({ taskId })))
  return runs.map(({ items: [latest] }) => latest?.answer ?? "")
}
// #endregion runner

const folder = resolve(process.argv[2] ?? ".foreman/ai-sdk")
await using foreman = await createForeman({
  store: SqliteStore.layer({ filename: `${folder}/foreman.db` }),
  artifacts: ArtifactFolder.layer({ root: `${folder}/artifacts` }),
  runners: [writer]
})
started.resolve(foreman)

const { items: orgs } = await foreman.listOrganizations({})
const { id: orgId } =
  orgs.find(({ slug }) => slug === "acme") ??
  (await foreman.createOrganization({ name: "Acme", slug: "acme" }))
const { id: teamId } = await foreman.createTeam(
  { orgId, name: "Docs", slug: "docs" },
  { idempotencyKey: "team" }
)
// Nobody reviews here: what a run finishes is done.
await foreman.updateTeamSettings({ teamId, delivery: "direct" }, { idempotencyKey: "settings" })
for (const name of ["ada", "bob"]) {
  const agent = { teamId, name, config: { runner: "ai-sdk" } }
  await foreman.createAgent(agent, { idempotencyKey: name })
}

// #region planner
// An agent of the AI SDK plans: it is the team's manager, with the manager's tools.
const planWork = async () => {
  const { agents } = await foreman.getTeam({ teamId })
  const manager = agents.find(({ role }) => role === "manager")
  if (manager === undefined) throw new Error("A team has a manager from its beginning")
  const actor = { type: "agent", id: manager.id, role: "manager", organizationId: orgId } as const
  const planner = new ToolLoopAgent({
    model,
    instructions: "You plan. Each task is one an agent can do alone; say what it depends on.",
    tools: toolsOf(foreman, actor, { role: "manager" }),
    stopWhen: isStepCount(20)
  })
  const { steps, text } = await planner.generate({
    prompt: `Plan the release of version 2 as tasks of the team ${teamId}.`
  })
  for (const { output, toolName } of steps.flatMap(({ staticToolResults }) => staticToolResults)) {
    if ("refusal" in output) console.log(`refused ${toolName}: ${output.refusal.message}`)
  }
  console.log(`planned: ${text}`)
}
// #endregion planner

const count = async () => (await foreman.listTasks({ teamId })).items.length
console.log(`with ${about}`)
if ((await count()) === 0) await planWork()

/** Nothing retries by itself what has failed; `foreman.retryTask` does. */
const mustGoOn = async (taskId: number) => {
  const { lastOutcome } = await foreman.getTask({ taskId })
  if (lastOutcome !== "succeeded") throw new Error(`The run of task ${taskId}: ${lastOutcome}`)
}

// The feed tells what happened, from the beginning: a second start tells the same.
let open = await count()
const usage = new Map<string, number>()
const signal = AbortSignal.timeout(120_000)
for await (const { data, type } of foreman.events({ after: "0", signal })) {
  if (type === "run.usage_reported") usage.set(`${data["run_id"]}`, Number(data["input_tokens"]))
  if (type === "run.failed" || type === "run.lost") await mustGoOn(Number(data["task_id"]))
  if (type === "task.dispatched") console.log(`task ${data["task_id"]}: run ${data["attempt"]}`)
  if (type !== "task.status_changed" || data["to"] !== "done") continue
  console.log(`task ${data["task_id"]} is done`)
  if (--open === 0) break
}
if (open > 0) throw new Error(`${open} tasks are not done after two minutes`)

const [last] = (await foreman.listTasks({ teamId })).items
const [run] = (await foreman.listTaskRuns({ taskId: last?.id ?? 0 })).items
console.log(`result: ${run?.answer}`)
console.log(`tokens: ${[...usage.values()].reduce((sum, tokens) => sum + tokens, 0)} of input`)
