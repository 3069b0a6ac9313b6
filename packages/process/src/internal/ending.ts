/**
 * Finds the processes of a tree and ends them. Used by the control plane and by its guardian.
 *
 * @since 0.1.0
 */
import { setTimeout } from "node:timers/promises"

import { processTable } from "./processTable.ts"
import type { ProcessRow, ProcessTable } from "./processTable.ts"

// models ----------------------------------------------------------------------

/** Where a tree begins, and what its processes carry in their environment. */
export interface Roots {
  readonly roots: ReadonlyArray<{ readonly pid: number; readonly startTime: number }>
  readonly marker: string
  /** No process that started before belongs to the tree. */
  readonly since: number
}

/** How patient the ending is. */
export interface Patience {
  /** From the request to end to the force that no process can refuse. */
  readonly graceMillis: number
  /** Asked while it waits: whether to go over to force at once. */
  readonly isUrgent?: () => boolean
}

// rules -----------------------------------------------------------------------

/**
 * The rows that belong to a tree: what is known of it, what shares a session with a member, what a
 * member started, and what carries the marker; and so on from those.
 *
 * A pid counts only together with its start time. A session is a member's alone, since a session
 * is entered by birth only; it outlives its leader, whose pid the system gives to no other process
 * as long as the session has members.
 */
export const membersOf = (
  rows: ReadonlyArray<ProcessRow>,
  known: ReadonlyMap<number, number>,
  roots: ReadonlyArray<number>,
  isMarked: (row: ProcessRow) => boolean
): ReadonlyArray<ProcessRow> => {
  const strangers = new Set<number>()
  const sessions = new Set(roots)
  const members = new Map<number, ProcessRow>()
  for (const row of rows) {
    if (known.get(row.pid) === row.startTime) members.set(row.pid, row)
    else if (sessions.delete(row.pid)) strangers.add(row.pid)
  }
  const belongs = (row: ProcessRow) =>
    sessions.has(row.session) || members.has(row.parent) || isMarked(row)
  let size = -1
  while (members.size !== size) {
    size = members.size
    for (const { session } of members.values()) sessions.add(session)
    for (const row of rows) {
      if (!members.has(row.pid) && !strangers.has(row.pid) && belongs(row)) {
        members.set(row.pid, row)
      }
    }
  }
  return [...members.values()].filter(({ isAlive }) => isAlive)
}

// services --------------------------------------------------------------------

/** A function that answers the living members of a tree, and remembers whom it has seen. */
export const finder = (
  tree: Roots,
  table: ProcessTable = processTable
): (() => Promise<ReadonlyArray<ProcessRow>>) => {
  const known = new Map(tree.roots.map(({ pid, startTime }) => [pid, startTime]))
  const roots = tree.roots.map(({ pid }) => pid)
  // Every root leads a session of its own, so whatever shares this process's is none of the tree.
  const ownSession = table.read(process.pid)?.session
  const scan = async () => {
    let isUnclear = false
    const isMarked = (row: ProcessRow) => {
      const isAsked = row.isAlive && tree.marker.length >= shortestMarker
      const answer = isAsked ? table.marked(row.pid, tree.marker) : "no"
      isUnclear ||= answer === "unclear"
      return answer === "yes"
    }
    const rows = await table.list()
    const candidates = rows.filter(
      ({ startTime, session }) => startTime >= tree.since && session !== ownSession
    )
    const members = membersOf(candidates, known, roots, once(isMarked))
    for (const { pid, startTime } of members) known.set(pid, startTime)
    return { members, isUnclear }
  }
  return async () => {
    const first = await scan()
    if (first.members.length > 0 || !first.isUnclear) return first.members
    await setTimeout(unclearMillis)
    return (await scan()).members
  }
}

/**
 * Ends a tree: a request to its group and to those that left it, and after the grace force, which
 * first stops every process it finds, so that none starts another unseen. Answers the pids that
 * withstood even that, as a process that waits for a broken disk does.
 */
export const end = async (
  tree: Roots,
  patience: Patience,
  table: ProcessTable = processTable
): Promise<ReadonlyArray<number>> => {
  const find = finder(tree, table)
  const groups = tree.roots.filter((root) => signalGroup(table, root, "SIGTERM"))
  const isGone = await ask(find, new Set(groups.map(({ pid }) => pid)), patience, table)
  return isGone ? [] : force(find, tree, table)
}

// internal --------------------------------------------------------------------

// An empty marker would be found in every process there is.
const shortestMarker = 16
const unclearMillis = 5
const longestWaitMillis = 100
const forceMillis = 5_000

type Root = Roots["roots"][number]

const ask = async (
  find: () => Promise<ReadonlyArray<ProcessRow>>,
  groups: ReadonlySet<number>,
  { graceMillis, isUrgent }: Patience,
  table: ProcessTable
): Promise<boolean> => {
  const deadline = performance.now() + graceMillis
  const asked = new Set<number>()
  for (let wait = 2; ; wait = Math.min(2 * wait, longestWaitMillis)) {
    const members = await find()
    if (members.length === 0) return true
    const left = deadline - performance.now()
    if (left <= 0 || isUrgent?.() === true) return false
    for (const row of members) {
      // Once each: many programs take a second request as the wish to end without tidying up.
      if (!asked.has(row.pid) && !groups.has(row.group)) signal(table, row, "SIGTERM")
      asked.add(row.pid)
    }
    await setTimeout(Math.min(wait, left))
  }
}

const force = async (
  find: () => Promise<ReadonlyArray<ProcessRow>>,
  tree: Roots,
  table: ProcessTable
): Promise<ReadonlyArray<number>> => {
  const deadline = performance.now() + forceMillis
  const stopped = new Set<number>()
  for (let wait = 2; ;) {
    const members = await find()
    if (members.length === 0) return []
    const isLate = performance.now() >= deadline
    const running = members.filter(({ pid }) => !stopped.has(pid))
    for (const row of running) {
      signal(table, row, "SIGSTOP")
      stopped.add(row.pid)
    }
    if (running.length > 0 && !isLate) continue
    for (const root of tree.roots) signalGroup(table, root, "SIGKILL")
    for (const row of members) signal(table, row, "SIGKILL")
    if (isLate) return members.map(({ pid }) => pid)
    stopped.clear()
    await setTimeout(wait)
    wait = Math.min(2 * wait, longestWaitMillis)
  }
}

// The start time is read again right before: between that and the signal lie microseconds, in which
// the system does not come round to the same pid.
const signal = (table: ProcessTable, row: Root, name: NodeJS.Signals) => {
  if (table.read(row.pid)?.startTime === row.startTime) send(row.pid, name)
}

const signalGroup = (table: ProcessTable, root: Root, name: NodeJS.Signals): boolean => {
  const isItself = table.read(root.pid)?.startTime === root.startTime
  if (isItself) send(-root.pid, name)
  return isItself
}

const send = (pid: number, name: NodeJS.Signals) => {
  try {
    process.kill(pid, name)
  } catch {
    // It ended meanwhile, or belongs to another user: what is left alive is seen by the next look.
  }
}

const once = (isMarked: (row: ProcessRow) => boolean) => {
  const answers = new Map<number, boolean>()
  return (row: ProcessRow) => {
    const answer = answers.get(row.pid) ?? isMarked(row)
    answers.set(row.pid, answer)
    return answer
  }
}
