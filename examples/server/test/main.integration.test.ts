import { createClient } from "@foreman/client"
import { assert, it } from "@effect/vitest"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { createInterface } from "node:readline"
import { onTestFinished } from "vitest"

it("carries a task out with a command as its agent, and ends at SIGTERM", async () => {
  const folder = mkdtempSync(join(tmpdir(), "foreman-example-server-"))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const agent = join(folder, "agent.sh")
  writeFileSync(agent, "#!/bin/sh\necho done\n", { mode: 0o755 })

  const main = resolve(import.meta.dirname, "../src/main.ts")
  const root = join(folder, "root")
  const server = spawn(process.execPath, ["--conditions=@foreman/source", main, root, "0"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"]
  })
  onTestFinished(() => void server.kill("SIGKILL"))
  const [line] = await once(createInterface({ input: server.stdout }), "line")
  const url = String(line).replace("foreman ready ", "")

  const token = readFileSync(join(root, "token"), "utf8").trim()
  const foreman = createClient({ url, token })
  onTestFinished(() => foreman.close())
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  const config = { runner: "command", command: [agent] }
  await foreman.createAgent({ teamId, name: "ada", config })
  const { id: taskId } = await foreman.createTask({ teamId, title: "Say done" })
  for await (const { type } of foreman.events({ after: "0" })) {
    if (type === "review.created") break
  }
  // A process that has the same number later is told from this one.
  const { dispatcher } = await foreman.explainTask({ taskId })
  assert.match(String(dispatcher?.holder), /^\d+\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  const [run] = (await foreman.listTaskRuns({ taskId })).items
  assert.deepInclude(run, { status: "succeeded", answer: "done" })

  const ended = once(server, "exit")
  server.kill("SIGTERM")
  assert.deepStrictEqual(await ended, [0, null])
})
