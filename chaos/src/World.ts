/**
 * What a run happens in: an organisation with a team that plans and one whose agents are started, and
 * writers who plan, move, link and look, all at once and at the same tasks.
 *
 * @since 0.1.0
 */
import type { Wire } from "@foreman/core"
import { type Client, type Clients, fieldOf } from "./Clients.ts"
import { type Nodes, pause } from "./Nodes.ts"

// models ----------------------------------------------------------------------

/** Where the writers write. */
export interface World {
  readonly organization: string
  /** Tasks of this team are moved by hand. */
  readonly planned: string
  /** Tasks of this team are given to agents that the nodes start. */
  readonly staffed: string
}

/** Writers at work. */
export interface Writers {
  /** No new command; resolves when the last one is answered or given up. */
  readonly stop: () => Promise<void>
}

// operations ------------------------------------------------------------------

/** Makes the organisation, its teams and so many agents. */
export const make = async (client: Client, agents: number): Promise<World> => {
  const ask = async (name: string, writes: string, input: Wire.Json) => {
    const id = fieldOf(await client.command({ name, writes, input }), "id")
    if (typeof id !== "string") throw new Error(`${name} was not acknowledged`)
    return id
  }
  const slug = `chaos-${client.random.below(1_000_000)}`
  const organization = await ask("create_org", "organization.created", { name: "Chaos", slug })
  const team = (name: string) =>
    ask("create_team", "team.created", { org_id: organization, name, slug: name })
  const [planned, staffed] = [await team("planned"), await team("staffed")]
  const settings = { team_id: staffed, delivery: "direct" }
  await client.command({
    name: "update_team_settings",
    writes: "settings.updated",
    input: settings
  })
  for (let index = 0; index < agents; index++) {
    const name = `agent-${index}`
    const config = { runner: "quick" }
    await ask("create_agent", "agent.created", { team_id: staffed, name, config })
  }
  return { organization, planned, staffed }
}

/** Lets so many writers write, with a pause of so many milliseconds after each command. */
export const write = (
  clients: Clients,
  world: World,
  count: number,
  pauseMillis: number
): Writers => {
  const known: Array<number> = []
  const over = new AbortController()
  const work = async (client: Client) => {
    for (let step = 1; !over.signal.aborted; step++) {
      await act(client, world, known, step)
      if (pauseMillis > 0) await pause(client.random.below(2 * pauseMillis))
    }
  }
  const all = Promise.all(
    Array.from({ length: count }, (_, index) => work(clients.make(`writer-${index}`)))
  )
  // Whoever stops it hears of a failure.
  all.catch(() => {})
  return {
    stop: async () => {
      over.abort()
      await all
    }
  }
}

/**
 * Sees every task of the agents through: those whose run failed are put back, until none is open, or
 * it has taken too long.
 */
export const settle = async (
  clients: Clients,
  nodes: Nodes,
  world: World,
  withinMillis: number
): Promise<boolean> => {
  const janitor = clients.make("janitor")
  const end = Date.now() + withinMillis
  while (Date.now() < end) {
    const open = await openTasks(nodes, janitor, world.staffed)
    if (open?.length === 0) return true
    for (const { hasFailed, id } of open ?? []) {
      if (!hasFailed) continue
      // What is tried again by itself later is only let go of.
      const writes = "task.status_changed|task.released"
      const input = { task_id: id }
      await janitor.command({ name: "retry_task", writes, input, task: id })
    }
    await pause(300)
  }
  return false
}

/** Waits until every follower has been handed the last position, or it has taken too long. */
export const caughtUp = async (
  clients: Clients,
  head: number,
  withinMillis: number
): Promise<void> => {
  const end = Date.now() + withinMillis
  const isBehind = () => clients.followed().some(({ positions }) => (positions.at(-1) ?? 0) < head)
  while (isBehind() && Date.now() < end) await pause(50)
}

// internal --------------------------------------------------------------------

const recent = 12

const act = async (
  { command, look, name, random }: Client,
  { planned, staffed }: World,
  known: Array<number>,
  step: number
): Promise<void> => {
  const dice = random.below(100)
  // Many at the same few tasks: that is what races are made of.
  const task = random.pick(known.slice(-recent))
  const title = `${name}/${step}`
  if (task === undefined || dice < 30) {
    const team = random.below(3) === 0 ? staffed : planned
    const input = { team_id: team, title }
    const made = await command({ name: "create_task", writes: "task.created", input })
    const id = Number(fieldOf(made, "id"))
    if (made !== undefined && team === planned) known.push(id)
    return
  }
  const input = { task_id: task }
  if (dice < 55) {
    const wish = { name: "update_task", writes: "task.updated", task }
    return void (await command({ ...wish, input: { ...input, title } }))
  }
  if (dice < 75) {
    const status = random.pick(["in_progress", "in_progress", "todo", "in_review", "cancelled"])
    const wish = { name: "change_task_status", writes: "task.status_changed", task }
    return void (await command({ ...wish, input: { ...input, status: status ?? "todo" } }))
  }
  if (dice < 85) {
    const other = random.pick(known.slice(-recent)) ?? task
    const wish = { name: "add_dependency", writes: "task.dependency_added", task }
    return void (await command({ ...wish, input: { ...input, depends_on_id: other } }))
  }
  await look(task)
}

interface OpenTask {
  readonly id: number
  readonly hasFailed: boolean
}

/** The tasks of a team that are neither done nor cancelled; undefined when nobody could say. */
const openTasks = async (
  nodes: Nodes,
  { random }: Client,
  team: string
): Promise<ReadonlyArray<OpenTask> | undefined> => {
  const found: Array<OpenTask> = []
  for (const status of ["todo", "in_progress", "in_review", "in_approval", "merging"]) {
    const node = await nodes.some(random)
    const told = await node.invoke({ name: "list_tasks", input: { team_id: team, status } })
    if (told._tag !== "Answer") return undefined
    // As: the operation answers pages of tasks.
    const items = (fieldOf(told.answer, "items") ?? told.answer) as ReadonlyArray<TaskRow>
    found.push(
      ...items.map(({ id, last_outcome: outcome, live_run_id: run }) => ({
        id,
        hasFailed: status === "in_progress" && run === null && outcome !== "succeeded"
      }))
    )
  }
  return found
}

interface TaskRow {
  readonly id: number
  readonly live_run_id: string | null
  readonly last_outcome: string | null
}
