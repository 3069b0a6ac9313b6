/**
 * The whole way, with the program itself: OpenClaw's envelope in, an agent that works, and OpenClaw's
 * hook and a webhook that are told when it is done, also across an end of the server.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { createServer, type IncomingHttpHeaders, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { DatabaseSync } from "node:sqlite"
import { setTimeout } from "node:timers/promises"

const home = await mkdtemp(join(tmpdir(), "foreman-told-"))
const program = join(import.meta.dirname, "../../../packages/cli/src/main.ts")
let child: ChildProcess | undefined
const servers: Array<Server> = []

afterAll(async () => {
  child?.kill("SIGKILL")
  for (const server of servers) server.close()
  await rm(home, { recursive: true, force: true })
})

interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
  readonly body: any
}

/** Takes what it is sent, and hands it out in order. */
const receiver = async () => {
  const received: Array<Received> = []
  let wake = () => {}
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
      received.push({ path: request.url ?? "", headers: request.headers, body })
      response.writeHead(200).end("{}")
      wake()
    })
  })
  servers.push(server)
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const next = async (): Promise<Received> => {
    const one = received.shift()
    if (one !== undefined) return one
    await new Promise<void>((resolve) => {
      wake = resolve
    })
    return next()
  }
  return { url: `http://127.0.0.1:${port}`, next }
}

/** Starts the server and says where it is. */
const serve = async (environment: Readonly<Record<string, string>>): Promise<string> => {
  child = spawn(process.execPath, ["--conditions=@foreman/source", program, "serve"], {
    cwd: home,
    env: {
      PATH: process.env["PATH"],
      NODE_COMPILE_CACHE: process.env["NODE_COMPILE_CACHE"],
      HOME: home,
      XDG_STATE_HOME: join(home, "state"),
      FOREMAN_HTTP_ADDR: "127.0.0.1:0",
      FOREMAN_RUNTIME_ROOT: join(home, ".foreman"),
      FOREMAN_LOG_LEVEL: "error",
      ...environment
    },
    stdio: ["ignore", "pipe", "inherit"]
  })
  assert(child.stdout !== null)
  for await (const line of createInterface({ input: child.stdout })) {
    const [, url] = /^foreman ready (\S+)$/.exec(line) ?? []
    if (url !== undefined) return url
  }
  throw new Error("The server ended")
}

/** Waits until nothing is left to tell: that something has arrived is written down a moment later. */
const untilTold = async () => {
  const database = new DatabaseSync(join(home, ".foreman/foreman.db"), { readOnly: true })
  const waiting = database.prepare("SELECT count(*) AS count FROM deliveries")
  for (let turn = 0; turn < 800 && waiting.get()?.["count"] !== 0; turn++) await setTimeout(25)
  assert.deepInclude(waiting.get(), { count: 0 })
  database.close()
}

const end = async () => {
  const exited = once(child ?? assert.fail(), "exit")
  child?.kill("SIGTERM")
  await exited
}

describe("a manager agent", () => {
  it("gives a command and is told what came of it", async () => {
    const agent = join(home, "agent.sh")
    await writeFile(agent, "#!/bin/sh\ncat >/dev/null\necho It is done.\n")
    await chmod(agent, 0o755)
    const [openClaw, webhook] = [await receiver(), await receiver()]
    const environment = {
      FOREMAN_RUNNER: `command:${agent}`,
      FOREMAN_OPENCLAW_URL: `${openClaw.url}/hooks/agent`,
      FOREMAN_OPENCLAW_TOKEN: "hook-token",
      FOREMAN_WEBHOOK_URL: webhook.url,
      FOREMAN_WEBHOOK_SECRET: "secret"
    }
    let url = await serve(environment)
    const token = await readFile(join(home, ".foreman/manager-token"), "utf8")
    const send = async (envelope: object) => {
      const response = await fetch(`${url}/gateways/openclaw/command`, {
        method: "POST",
        headers: { authorization: `Bearer ${token.trim()}`, "content-type": "application/json" },
        body: JSON.stringify(envelope)
      })
      // As: a test looks into what it expects.
      return (await response.json()) as Readonly<Record<string, string>>
    }
    const done = await send({ action: "create_task", summary: "Mend it", task_type: "read" })
    assert.deepInclude(done, { kind: "completion", summary: "Mend it" })
    const [hook, told] = [await openClaw.next(), await webhook.next()]
    assert.strictEqual(hook.path, "/hooks/agent")
    assert.strictEqual(hook.headers.authorization, "Bearer hook-token")
    assert.include(hook.body.message, "It is done.")
    assert.deepInclude(told.body, { type: "run.finished" })
    assert.deepInclude(told.body.data, {
      task_id: done["task_id"],
      run_id: done["run_id"],
      run_state: "succeeded",
      summary: "Mend it"
    })
    assert.match(String(told.headers["webhook-signature"]), /^v1,/)
    assert.strictEqual(hook.headers["idempotency-key"], told.headers["webhook-id"])

    await untilTold()
    await end()
    url = await serve(environment)
    const held = await send({ action: "create_task", summary: "git push origin main" })
    assert.strictEqual(held["kind"], "approval_needed")
    const [again, needed] = [await openClaw.next(), await webhook.next()]
    // What was told before the end is not told again.
    assert.deepInclude(needed.body, { type: "approval.needed" })
    assert.deepInclude(needed.body.data, {
      task_id: held["task_id"],
      approval_id: held["approval_id"],
      risk_level: "high"
    })
    assert.include(again.body.message, held["approval_id"])
    await end()
  })
})
