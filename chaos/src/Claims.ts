/**
 * Tasks that 32 want at once, on two nodes: engineers who take them by starting them, and agents whom
 * the nodes' dispatchers start. Each task is begun once.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import type { Doctor, PlainActor, Wire } from "@foreman/core"
import * as Checker from "./Checker.ts"
import { fieldOf } from "./Clients.ts"
import type { ForemanNode } from "./ForemanNode.ts"
import * as History from "./History.ts"
import * as Nodes from "./Nodes.ts"
import type { Random } from "./Random.ts"
import type { Outcome, Stage } from "./Scenario.ts"
import * as Stores from "./Stores.ts"

// operations ------------------------------------------------------------------

/** Contests so many tasks, in organisations of 20,000 that are judged one by one. */
export const run = async (stage: Stage): Promise<Outcome> => {
  const { dispatches, folder, random, say, store } = stage
  const nodes = await Nodes.start(["north", "south"], () => ({
    store,
    folder,
    dispatch: true,
    maxConcurrent: staffed,
    ttlMillis: 6_000,
    workMillis: 0
  }))
  const sum: Sum = { ok: 0, fail: 0, info: 0, events: 0, begun: 0, examined: {}, violations: [] }
  try {
    for (let round = 0, left = dispatches; left > 0; round++, left -= atOnce) {
      const count = Math.min(left, atOnce)
      await contest({ stage, nodes, round, random: random.fork(`round ${round}`), sum }, count)
      if (left > atOnce) say(`${dispatches - left + count} tasks contested`)
    }
    await nodes.endAll()
  } finally {
    await nodes.killAll()
  }
  const report = await Stores.examine(stage.direct, quick)
  for (const { id, samples } of report.findings) {
    sum.violations.push(...samples.map(({ detail, place }) => `doctor ${id}: ${place} ${detail}`))
  }
  const { begun, events, examined, fail, info, ok, violations } = sum
  return {
    faults: { "task that 32 may claim": dispatches, "agent started": begun },
    acknowledged: ok,
    refused: fail,
    ambiguous: info,
    repeated: 0,
    events,
    examined,
    violations
  }
}

// internal --------------------------------------------------------------------

const atOnce = 20_000

/** What the doctor tells from the log alone: to make all of it again takes longer than all the rest. */
const quick: ReadonlyArray<Doctor.InvariantId> = ["I-01", "I-02", "I-03", "I-18", "I-26", "I-27"]
const claiming = 24
const staffed = 8

interface Sum {
  ok: number
  fail: number
  info: number
  events: number
  begun: number
  readonly examined: Record<string, number>
  readonly violations: Array<string>
}

interface Round {
  readonly stage: Stage
  readonly nodes: Nodes.Nodes
  readonly round: number
  readonly random: Random
  readonly sum: Sum
}

const asked = async (node: ForemanNode, name: string, input: Wire.Json): Promise<Wire.Json> => {
  for (let tries = 0; ; tries++) {
    const told = await node.invoke({ name, input })
    if (told._tag === "Answer") return told.answer
    const why = told._tag === "Refusal" ? told.message : told.why
    if (tries === 5) throw new Error(`${name} was not acknowledged: ${why}`)
    await Nodes.pause(200)
  }
}

const contest = async (place: Round, count: number): Promise<void> => {
  const { nodes, random, round, stage, sum } = place
  const all = nodes.alive()
  const [first] = all
  if (first === undefined) throw new Error("no node lives")
  const id = async (name: string, input: Wire.Json) =>
    String(fieldOf(await asked(first, name, input), "id"))
  const slug = `claims-${round}-${random.below(1_000_000)}`
  const organization = await id("create_org", { name: "Claims", slug })
  const team = await id("create_team", { org_id: organization, name: "Claims", slug: "claims" })
  await asked(first, "update_team_settings", { team_id: team, delivery: "direct" })
  const agents: Array<PlainActor> = []
  for (let index = 0; index < claiming; index++) {
    const agent = await id("create_agent", { team_id: team, name: `engineer-${index}` })
    agents.push({ type: "agent", id: agent, role: "engineer", organizationId: organization })
  }
  const tasks = await plan(all, team, count)
  for (let index = 0; index < staffed; index++) {
    const config = { runner: "quick" }
    await id("create_agent", { team_id: team, name: `agent-${index}`, config })
  }
  const lists = agents.map((): Array<number> => [])
  // The dispatchers want all of them, an engineer most, and one of the other node every second one.
  for (const [index, task] of tasks.entries()) {
    if (index % 25 === 0) continue
    const first = random.below(2)
    random.pick(lists.filter((_, at) => at % 2 === first))?.push(task)
    if (index % 2 === 0) random.pick(lists.filter((_, at) => at % 2 !== first))?.push(task)
  }
  const files = all.map(({ name }) => join(stage.folder, `claims-${round}-${name}.jsonl`))
  await Promise.all(
    all.map((node, index) => {
      const own = (_: unknown, at: number) => at % 2 === index
      return node.claim({
        agents: agents.filter(own),
        tasks: lists.filter(own),
        file: files[index] ?? ""
      })
    })
  )
  await judge(stage, sum, organization, { count, files })
}

/** Makes the tasks, in the order of their ids. */
const plan = async (
  nodes: ReadonlyArray<ForemanNode>,
  team: string,
  count: number
): Promise<ReadonlyArray<number>> => {
  const ids: Array<number> = []
  let made = 0
  const make = async (node: ForemanNode) => {
    while (made < count) {
      made += 1
      const task = await asked(node, "create_task", { team_id: team, title: `task ${made}` })
      ids.push(Number(fieldOf(task, "id")))
    }
  }
  await Promise.all(
    Array.from({ length: 64 }, (_, at) => make(nodes[at % nodes.length] ?? nodes[0]!))
  )
  return ids.toSorted((a, b) => a - b)
}

const judge = async (
  { direct, folder }: Stage,
  sum: Sum,
  organization: string,
  { count, files }: { readonly count: number; readonly files: ReadonlyArray<string> }
): Promise<void> => {
  const events = await atRest(direct, organization)
  const commands = files.flatMap((file) => History.read<History.Command>(file))
  const queued = new Set(
    events.filter(({ type }) => type === "run.queued").map(({ data }) => data["run_id"])
  )
  const starts = History.read<History.Start>(join(folder, "starts.jsonl")).filter(({ runId }) =>
    queued.has(runId)
  )
  const evidence = { events, commands, starts, reads: [], followed: [], recorded: ["agent"] }
  const { examined, violations } = Checker.check(evidence)
  for (const [rule, looked] of Object.entries(examined)) {
    sum.examined[rule] = (sum.examined[rule] ?? 0) + looked
  }
  sum.violations.push(...violations.map(({ detail, rule }) => `${rule}: ${detail}`))
  const begun = events.filter(
    ({ data, type }) => type === "task.status_changed" && data["to"] === "in_progress"
  )
  if (begun.length !== count) sum.violations.push(`${begun.length} of ${count} tasks were begun`)
  for (const { outcome } of commands) sum[outcome] += 1
  sum.begun += starts.length
  sum.events += events.length
}

/** The events once nothing is added any more: the last runs have ended. */
const atRest = async (direct: string, organization: string) => {
  let before = -1
  for (let tries = 0; tries < 200; tries++) {
    const head = await Stores.headOf(direct, organization)
    if (head === before) break
    before = head
    await Nodes.pause(1_000)
  }
  return Stores.eventsOf(direct, organization)
}
