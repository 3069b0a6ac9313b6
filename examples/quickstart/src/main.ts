import { createForeman, Task } from "@foreman/core"

const foreman = await createForeman()
const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })

const design = await foreman.createTask({ teamId, title: "Design the login" })
await foreman.createTask({ teamId, title: "Build the login", dependsOn: [design.id] })

try {
  await foreman.changeTaskStatus({ taskId: design.id, status: "done" })
} catch (refusal) {
  if (refusal instanceof Task.IllegalMove) console.log("allowed:", refusal.allowed.join(", "))
}
await foreman.changeTaskStatus({ taskId: design.id, status: "in_progress" })

const { items } = await foreman.getTaskEvents({ taskId: design.id })
for (const { data, id, type } of items) console.log(id, type, data["to"] ?? data["title"])

await foreman.close()
