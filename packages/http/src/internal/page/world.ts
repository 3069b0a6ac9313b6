/**
 * What the page has read so far, and how it keeps up: an event says what changed, and that is read
 * again. A burst of events becomes one round of reading.
 */
import { get, list } from "./api.ts"
import type { Approval, FeedEvent, HumanRequest, Organization, Task, Team } from "./model.ts"

// models ----------------------------------------------------------------------

export interface World {
  readonly organizations: Map<string, Organization>
  readonly teams: Map<string, Team>
  readonly tasks: Map<number, Task>
  /** Those that wait for a decision. */
  readonly approvals: Map<string, Approval>
  /** Those that wait for an answer. */
  readonly requests: Map<number, HumanRequest>
}

export interface Keeper {
  readonly world: World
  /** Reads everything anew. */
  readonly load: () => Promise<void>
  /** Notes what an event says has changed; it is read shortly after. */
  readonly note: (event: FeedEvent) => void
  /** Reads an approval and its task again, as something seems to have happened to them. */
  readonly refresh: (approval: Approval) => void
}

// services --------------------------------------------------------------------

export const keep = (onChange: () => void): Keeper => {
  const world: World = {
    organizations: new Map(),
    teams: new Map(),
    tasks: new Map(),
    approvals: new Map(),
    requests: new Map()
  }
  let stale = nothing()
  let timer: ReturnType<typeof setTimeout> | undefined
  const load = async () => {
    await readAll(world)
    onChange()
  }
  const flush = async () => {
    timer = undefined
    const { approvals, isAll, requests, tasks, teams } = stale
    stale = nothing()
    // What cannot be read now is read at the next event about it, or after the next break.
    if (isAll || tasks.size + approvals.size + requests.size > mostSingly)
      await readAll(world).catch(() => undefined)
    else {
      await eachOf([...teams], (id) => readTeam(world, id))
      await eachOf([...tasks], (id) => readTask(world, id))
      await eachOf([...approvals], (id) => readApproval(world, id))
      await eachOf([...requests], (id) => readRequest(world, id))
    }
    onChange()
  }
  const soon = () => {
    timer ??= setTimeout(() => void flush(), burstMillis)
  }
  const note = (event: FeedEvent) => {
    mark(stale, world, event)
    soon()
  }
  const refresh = ({ id, task_id: task }: Approval) => {
    stale.approvals.add(id)
    stale.tasks.add(task)
    soon()
  }
  return { world, load, note, refresh }
}

/** The number of the task that an event is about. */
export const taskOf = ({ data, stream_id: stream }: FeedEvent): number | undefined => {
  const named = /^task:(\d+)$/.exec(stream)?.[1] ?? data["task_id"]
  const id = Number(named)
  return Number.isInteger(id) && id > 0 ? id : undefined
}

// internal --------------------------------------------------------------------

const burstMillis = 150
const mostSingly = 60
const atOnce = 6

interface Stale {
  readonly tasks: Set<number>
  readonly teams: Set<string>
  readonly approvals: Set<string>
  readonly requests: Set<number>
  isAll: boolean
}

const nothing = (): Stale => ({
  tasks: new Set(),
  teams: new Set(),
  approvals: new Set(),
  requests: new Set(),
  isAll: false
})

const mark = (stale: Stale, world: World, event: FeedEvent) => {
  const task = taskOf(event)
  const [kind] = event.type.split(".", 1)
  if (kind === "organization" || kind === "team") stale.isAll = true
  if (task !== undefined) stale.tasks.add(task)
  if (kind === "approval") stale.approvals.add(String(event.data["approval_id"]))
  if (kind === "human_request") stale.requests.add(Number(event.data["request_id"]))
  // A run makes an agent busy or free, which stands with its team.
  const team = event.data["team_id"] ?? world.tasks.get(task ?? 0)?.team_id
  if ((kind === "agent" || kind === "run") && typeof team === "string") stale.teams.add(team)
}

const readAll = async (world: World) => {
  const organizations = await list<Organization>("/api/v1/orgs?limit=200")
  const teams = await Promise.all(
    organizations.map(({ id }) => list<Team>(`/api/v1/orgs/${id}/teams?limit=200`))
  )
  world.organizations.clear()
  for (const one of organizations) world.organizations.set(one.id, one)
  await eachOf(
    teams.flat().map(({ id }) => id),
    async (id) => {
      await readTeam(world, id)
      for (const task of await list<Task>(`/api/v1/teams/${id}/tasks?limit=500`)) {
        world.tasks.set(task.id, task)
      }
      await readRequests(world, id)
    }
  )
  // A team stands for its organization, whose approvals are one queue.
  const firsts = teams.flatMap(([first]) => (first === undefined ? [] : [first]))
  await eachOf(firsts, (team) => readApprovals(world, team))
}

const readTeam = async (world: World, id: string) => {
  world.teams.set(id, await get<Team>(`/api/v1/teams/${id}`))
}

const readTask = async (world: World, id: number) => {
  world.tasks.set(id, await get<Task>(`/api/v1/tasks/${id}`))
}

/** What an organization is to decide, and no longer what is decided. */
const readApprovals = async (world: World, { id, org_id: organization }: Team) => {
  const pending = await list<Approval>(`/api/v1/approvals?team_id=${id}&limit=200`)
  for (const { id: known, team_id: team } of world.approvals.values()) {
    if (world.teams.get(team)?.org_id === organization) world.approvals.delete(known)
  }
  for (const approval of pending) world.approvals.set(approval.id, approval)
}

const readApproval = async (world: World, id: string) => {
  const approval = await get<Approval>(`/api/v1/approvals/${id}`)
  if (approval.status === "pending") world.approvals.set(id, approval)
  else world.approvals.delete(id)
}

/** What a team waits for, and no longer what it does not. */
const readRequests = async (world: World, teamId: string) => {
  const pending = await list<HumanRequest>(`/api/v1/teams/${teamId}/pending-requests?limit=200`)
  for (const { id, team_id: team } of world.requests.values()) {
    if (team === teamId) world.requests.delete(id)
  }
  for (const request of pending) world.requests.set(request.id, request)
}

const readRequest = async (world: World, id: number) => {
  const request = await get<HumanRequest>(`/api/v1/human-requests/${id}`)
  if (request.status === "pending") world.requests.set(id, request)
  else world.requests.delete(id)
}

/** A few at a time. What fails is left as it was. */
const eachOf = async <A>(items: ReadonlyArray<A>, read: (item: A) => Promise<void>) => {
  for (let at = 0; at < items.length; at += atOnce) {
    await Promise.allSettled(items.slice(at, at + atOnce).map(read))
  }
}
