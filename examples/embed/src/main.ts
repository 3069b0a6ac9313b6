import { createForeman } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"

// The same file works for a server beside this program.
const filename = process.argv[2] ?? ".foreman/embedded.db"
await using foreman = await createForeman({ store: SqliteStore.layer({ filename }) })

const { items } = await foreman.listOrganizations({})
const org =
  items.find(({ slug }) => slug === "acme") ??
  (await foreman.createOrganization({ name: "Acme", slug: "acme" }))

// A key makes the command safe to repeat: a restart of this program plans nothing twice.
const { id: teamId } = await foreman.createTeam(
  { orgId: org.id, name: "Web", slug: "web" },
  { idempotencyKey: "my-first-team" }
)
const task = await foreman.createTask(
  { teamId, title: "Write the changelog", priority: "high" },
  { idempotencyKey: "my-first-task" }
)
console.log(`task ${task.id} is ${task.status}`)
