/**
 * Compares what clients saw with what is stored: nothing lost, nothing doubled, order kept, every
 * follower saw each position once, no task started twice.
 *
 * It looks at one organisation. Streams are lists in one known order, so each rule is a walk.
 *
 * @since 0.1.0
 */
import type { Command, Followed, Read, Start } from "./History.ts"
import * as Runs from "./RunRules.ts"
import { type Findings, makeFindings, type Violation } from "./Findings.ts"

// models ----------------------------------------------------------------------

/** A stored event, with what the rules look at. */
export interface Logged {
  readonly position: number
  readonly stream: string
  readonly version: number
  readonly type: string
  /** The key of the command that wrote it. */
  readonly command: string
  readonly actor: string
  readonly data: Readonly<Record<string, unknown>>
}

/** All that there is to compare, of one organisation at rest. */
export interface Evidence {
  readonly events: ReadonlyArray<Logged>
  readonly commands: ReadonlyArray<Command>
  readonly reads: ReadonlyArray<Read>
  readonly followed: ReadonlyArray<Followed>
  readonly starts: ReadonlyArray<Start>
  /** Holders that were frozen past their lease, and so may not dispatch after another one has. */
  readonly frozen?: ReadonlyArray<string>
  /** Types of actors whose commands all stand in the history. */
  readonly recorded: ReadonlyArray<string>
}

/** What was looked at, and what of it cannot be. */
export interface Verdict {
  readonly examined: Readonly<Record<string, number>>
  readonly violations: ReadonlyArray<Violation>
}

// rules -----------------------------------------------------------------------

/** Judges the evidence. */
export const check = (evidence: Evidence): Verdict => {
  const findings = makeFindings()
  const events = evidence.events.toSorted((a, b) => a.position - b.position)
  lookAtLog(findings, events)
  lookAtCommands(findings, events, evidence)
  lookAtOrder(findings, events, evidence.commands)
  lookAtReads(findings, events, evidence)
  for (const one of evidence.followed) lookAtFeed(findings, one, events.length)
  Runs.lookAtTasks(findings, events)
  Runs.lookAtRetries(findings, events, evidence.commands)
  Runs.lookAtRuns(findings, events)
  Runs.lookAtStarts(findings, events, evidence.starts)
  for (const holder of evidence.frozen ?? []) Runs.lookAtFrozen(findings, events, holder)
  return findings.verdict()
}

// internal --------------------------------------------------------------------

/** Positions are 1, 2, 3 and so on, and so are the versions of each stream. */
const lookAtLog = (findings: Findings, events: ReadonlyArray<Logged>) => {
  const versions = new Map<string, number>()
  for (const [index, { position, stream, version }] of events.entries()) {
    findings.judge("positions", position === index + 1, () => `${position} after ${index}`)
    const before = versions.get(stream) ?? 0
    versions.set(stream, version)
    findings.judge(
      "versions",
      version === before + 1,
      () => `${stream}: ${version} after ${before}`
    )
  }
}

/** What was acknowledged is there once, what was refused is not, what is unknown is there at most once. */
const lookAtCommands = (
  findings: Findings,
  events: ReadonlyArray<Logged>,
  { commands, recorded }: Evidence
) => {
  const known = new Map(commands.map((command) => [command.key, command]))
  const written = Map.groupBy(events, ({ command }) => command)
  for (const { key, name, outcome, writes } of commands) {
    const own = written.get(key) ?? []
    const count = own.filter(({ type }) => writes.split("|").includes(type)).length
    const what = () =>
      `${name} ${key} (${outcome}): ${count} events ${writes}, ${own.length} in all`
    if (outcome === "ok") findings.judge("lost", count > 0, what)
    if (outcome === "fail") findings.judge("refused", own.length === 0, what)
    findings.judge("doubled", count <= 1, what)
    const span = (own.at(-1)?.position ?? 0) - (own[0]?.position ?? 0)
    findings.judge("torn", own.length === 0 || span === own.length - 1, what)
  }
  for (const { actor, command, position, type } of events) {
    if (!recorded.includes(actor)) continue
    const isKnown = known.has(command)
    findings.judge("unknown", isKnown, () => `${type} at ${position} by ${actor} ${command}`)
  }
}

/** What was acknowledged before another command was sent stands before it. */
const lookAtOrder = (
  findings: Findings,
  events: ReadonlyArray<Logged>,
  commands: ReadonlyArray<Command>
) => {
  const known = new Map(commands.map((command) => [command.key, command]))
  let latest: Command | undefined
  for (const { command: key } of events) {
    const command = known.get(key)
    if (command === undefined) continue
    const isAfter = latest === undefined || command.returned >= latest.invoked
    findings.judge(
      "order",
      isAfter || command.outcome !== "ok",
      () => `${key} was answered before ${latest?.key} was sent, and stands after it`
    )
    if (latest === undefined || command.invoked > latest.invoked) latest = command
  }
}

/** The title of a task is a register: a read sees the last acknowledged write or a later one. */
const lookAtReads = (
  findings: Findings,
  events: ReadonlyArray<Logged>,
  { commands, reads }: Evidence
) => {
  const known = new Map(commands.map((command) => [command.key, command]))
  const writes = new Map<string, Logged>()
  const acknowledged: Array<Seen> = []
  for (const event of events) {
    const { command: key, data, position } = event
    if (data["title"] === undefined) continue
    const task = Number(data["task_id"])
    writes.set(`${task}/${String(data["title"])}`, event)
    const command = known.get(key)
    if (command?.outcome === "ok") acknowledged.push({ task, at: command.returned, position })
  }
  const moments = reads.flatMap((read): ReadonlyArray<Moment> => {
    const write = writes.get(`${read.task}/${read.title}`)
    const isThere = write !== undefined
    findings.judge("reads", isThere, () => `${read.client} read ${read.title}, which nobody wrote`)
    return write === undefined ? [] : [{ read, position: write.position }]
  })
  const seen: ReadonlyArray<Seen> = [
    ...acknowledged,
    ...moments.map(({ position, read }) => ({ task: read.task, at: read.returned, position }))
  ].toSorted((a, b) => a.at - b.at)
  const least = new Map<number, number>()
  let next = 0
  for (const { position, read } of moments.toSorted((a, b) => a.read.invoked - b.read.invoked)) {
    for (let one = seen[next]; one !== undefined && one.at < read.invoked; one = seen[++next]) {
      least.set(one.task, Math.max(least.get(one.task) ?? 0, one.position))
    }
    const bound = least.get(read.task) ?? 0
    const what = () =>
      `${read.client} read position ${position} of task ${read.task} after ${bound}`
    findings.judge("reads", position >= bound, what)
  }
}

interface Seen {
  readonly task: number
  readonly at: number
  readonly position: number
}

interface Moment {
  readonly read: Read
  readonly position: number
}

/** Every position once, in order, without a hole, up to the last. */
const lookAtFeed = (findings: Findings, { follower, positions }: Followed, head: number) => {
  for (const [index, position] of positions.entries()) {
    const before = positions[index - 1] ?? 0
    const what = () => `${follower} was handed ${position} after ${before}`
    findings.judge("feed", position === before + 1, what)
  }
  const last = positions.at(-1) ?? 0
  findings.judge("feed", last === head, () => `${follower} ends at ${last}, the head is ${head}`)
}
