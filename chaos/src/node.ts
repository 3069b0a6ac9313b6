/**
 * A node: Foreman with its reactors on a store that it shares, told over its pipe what to do. It ends
 * when the pipe does, so that nobody is left behind.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import { ArtifactFolder } from "@foreman/artifacts-fs"
import { createForeman, type PlainActor, PromiseRunner, type PromisedForeman } from "@foreman/core"
import { contend } from "./Contenders.ts"
import * as History from "./History.ts"
import type { Claims, Reply, Request, Settings } from "./Protocol.ts"
import * as Stores from "./Stores.ts"

// operations ------------------------------------------------------------------

const settings = JSON.parse(process.argv[2] ?? "{}") as Settings // As: `ForemanNode` wrote it.

const say = (reply: Reply): void => void process.send?.(reply)

/** An agent that says that it was started, before anything else, and then works for a moment. */
const runner = PromiseRunner.make("quick", async ({ runId, taskId }, signal) => {
  const { folder, name: node, workMillis } = settings
  const start = { kind: "start", node, runId, taskId, at: History.now() }
  History.append(join(folder, "starts.jsonl"), [start])
  const millis = Math.random() * workMillis
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, millis)
    const end = () => {
      clearTimeout(timer)
      resolve()
    }
    signal.addEventListener("abort", end, { once: true })
  })
  return "done"
})

const open = () => {
  const { dispatch, folder, holder, maxConcurrent, store, ttlMillis } = settings
  return createForeman({
    store: Stores.layer(store),
    artifacts: ArtifactFolder.layer({ root: join(folder, "artifacts") }),
    runners: dispatch ? [runner] : [],
    reactors: { holder, maxConcurrent, ttlMillis }
  })
}

const people = new Map<string, PromisedForeman>()

const as = (foreman: PromisedForeman, actor: PlainActor | undefined): PromisedForeman => {
  if (actor === undefined) return foreman
  const known = people.get(actor.id) ?? foreman.as(actor)
  people.set(actor.id, known)
  return known
}

const errorOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** One claimant: it tries to start its tasks, four at a time, and writes down what it was told. */
const claimAll = async (
  foreman: PromisedForeman,
  file: string,
  agent: PlainActor,
  tasks: ReadonlyArray<number>
): Promise<number> => {
  let won = 0
  let entries: Array<History.Command> = []
  const rest = tasks.values()
  const work = async () => {
    for (const task of rest) {
      const entry = await claimOne(as(foreman, agent), agent.id, task)
      if (entry.outcome === "ok") won += 1
      entries.push(entry)
      if (entries.length < 200) continue
      const full = entries
      entries = []
      History.append(file, full)
    }
  }
  await Promise.all([work(), work(), work(), work()])
  History.append(file, entries)
  return won
}

const claimOne = async (
  { invoke }: PromisedForeman,
  client: string,
  task: number
): Promise<History.Command> => {
  const key = `claim/${client}/${task}`
  const name = "change_task_status"
  const invoked = History.now()
  const input = { task_id: task, status: "in_progress" }
  const told = await invoke(name, input, { idempotencyKey: key }).catch(() => undefined)
  const code = told !== undefined && "refusal" in told ? told.refusal.code : undefined
  const isOk = told !== undefined && code === undefined
  const outcome = isOk ? "ok" : isUnknown(code) ? "info" : "fail"
  const writes = "task.status_changed"
  const returned = History.now()
  return {
    kind: "command",
    client,
    key,
    name,
    writes,
    task,
    outcome,
    code,
    tries: 1,
    invoked,
    returned
  }
}

const isUnknown = (code: string | undefined) => code === undefined || code === "StoreUnavailable"

const claim = async (foreman: PromisedForeman, { agents, file, tasks }: Claims) => {
  const won = await Promise.all(
    agents.map((agent, index) => claimAll(foreman, file, agent, tasks[index] ?? []))
  )
  return won.reduce((sum, one) => sum + one, 0)
}

const follow = async (
  foreman: PromisedForeman,
  id: number,
  organization: string | undefined,
  after: string
) => {
  const which = organization === undefined ? {} : { organizationId: organization }
  for await (const { cursor, id: position, orgId } of foreman.events({ ...which, after })) {
    say({ id, organization: orgId, position, cursor })
  }
}

const answer = async (foreman: PromisedForeman, request: Request): Promise<void> => {
  const { id } = request
  switch (request.do) {
    case "invoke": {
      const { actor, input, key, name } = request
      const options = key === undefined ? {} : { idempotencyKey: key }
      const told = await as(foreman, actor).invoke(name, input, options)
      if ("answer" in told) return say({ id, answer: told.answer })
      const { code, message } = told.refusal
      return say({ id, refusal: { code, message } })
    }
    case "follow":
      return follow(foreman, id, request.organization, request.after)
    case "claim":
      return say({ id, answer: { won: await claim(foreman, request.claims) } })
    case "contend":
      await contend(settings.store, settings.holder, request.contest)
      return say({ id, answer: null })
    case "end":
      await foreman.close()
      process.exit(0)
  }
}

process.on("disconnect", () => process.exit(1))
try {
  const foreman = await open()
  process.on("message", (request: Request) => {
    answer(foreman, request).catch((cause) => say({ id: request.id, error: errorOf(cause) }))
  })
  say({ id: 0, ready: true })
} catch (cause) {
  say({ id: 0, broken: errorOf(cause) })
  process.exitCode = 1
  process.disconnect()
}
