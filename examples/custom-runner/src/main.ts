import { createForeman, PromiseRunner } from "@foreman/core"

// A runner is a name and a function: the prompt goes in, what the agent wrote comes out.
const poet = PromiseRunner.make("poet", async ({ environment, prompt }, signal) => {
  signal.throwIfAborted()
  return `${prompt.split("\n")[0]}\nRoses are red: ${environment["FOREMAN_TASK_TITLE"]}\n`
})

await using foreman = await createForeman({ runners: [poet] })
const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
const { id: teamId } = await foreman.createTeam({ orgId, name: "Poets", slug: "poets" })
await foreman.createAgent({ teamId, name: "emily", config: { runner: "poet" } })

const feed = foreman.events({ after: "0" })
const { id: taskId } = await foreman.createTask({ teamId, title: "Praise small functions" })
for await (const { type } of feed) if (type === "review.created") break

const [run] = (await foreman.listTaskRuns({ taskId })).items
console.log(`run ${run?.attempt} ${run?.status}: ${run?.answer?.split("\n").at(-1)}`)
await foreman.approveTask({ taskId })
console.log(`task ${taskId} is ${(await foreman.getTask({ taskId })).status}`)
