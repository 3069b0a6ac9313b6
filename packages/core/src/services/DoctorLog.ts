/**
 * What the doctor sees in the log itself: order, hashes, frames, commands.
 *
 * @internal
 */
import { Effect, Option, Result, Schema } from "effect"
import { stringify } from "../events/Canonical.ts"
import { type DomainEvent, definitionOf } from "../events/EventTypes.ts"
import * as Chain from "../ports/Chain.ts"
import type { StoredEvent } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import * as Token from "../rules/Token.ts"
import type { Tally } from "./DoctorTally.ts"
import * as Envelope from "./Envelope.ts"

// models ----------------------------------------------------------------------

/** An event as far as it can be read. */
export interface Seen {
  readonly stored: StoredEvent
  readonly frame: Frame | undefined
  readonly event: DomainEvent | undefined
  /** Whether a command begins here, as far as the log tells. */
  readonly isFirst: boolean
}

/** The body of an event around its data. */
export type Frame = typeof Frame.Type
export const Frame = Schema.Struct({
  at: Schema.Int,
  data: Schema.Record(Schema.String, Schema.Unknown),
  metadata: Schema.Struct({
    actor_id: Schema.String,
    actor_type: Schema.String,
    causation_id: Schema.NullOr(Schema.Int),
    command_id: Schema.String,
    correlation_id: Schema.String,
    run_id: Schema.optionalKey(Schema.String)
  })
})

/** What is remembered from one page to the next. */
export interface Log {
  /** Is told where the chain of hashes breaks in this page, if it does. */
  readonly look: (
    page: ReadonlyArray<StoredEvent>,
    firstBroken: number | undefined
  ) => Effect.Effect<ReadonlyArray<Seen>>
  /** The version of every stream, as its events say. */
  readonly streams: ReadonlyMap<string, number>
  /** The event that was looked at last. */
  readonly last: () => Pick<StoredEvent, "position" | "hash">
}

// rules -----------------------------------------------------------------------

/** Whether a text holds a token: its form and its checksum, so that no other text is taken for one. */
export const holdsToken = (text: string): boolean =>
  (text.match(/fmn_[a-z]+_[0-9A-Za-z]{36}/g) ?? []).some(Token.isWellFormed)

/** Where an event stands, in words. */
export const placeOf = ({ position, type }: StoredEvent): string => `event ${position} (${type})`

// services --------------------------------------------------------------------

/** Begins at the start of an organisation's log. */
export const make = (tally: Tally, organization: string): Log => {
  const streams = new Map<string, number>()
  const commands = makeCommands(tally)
  let previous: Pick<StoredEvent, "position" | "hash"> = { position: 0, hash: Chain.genesis }
  return {
    streams,
    last: () => previous,
    look: Effect.fnUntraced(function* (page, firstBroken) {
      if (tally.wants("I-05")) yield* verify(tally, page, previous, firstBroken === undefined)
      const seen: Array<Seen> = []
      for (const stored of page) {
        judgeOrder(tally, stored, previous.position, streams)
        const isOwn = stored.organization === organization
        tally.judge("I-66", placeOf(stored), isOwn ? undefined : "is another organization's")
        const isTold = holdsToken(stored.body) || holdsToken(stored.stream)
        tally.judge("I-68", placeOf(stored), isTold ? "holds a token" : undefined)
        const frame = frameOf(stored)
        const event = judgeBody(tally, stored, frame)
        if (frame !== undefined) judgeCause(tally, stored, frame)
        const isFirst = frame !== undefined && commands(stored, frame)
        seen.push({ stored, frame, event, isFirst })
        streams.set(stored.stream, Math.max(streams.get(stored.stream) ?? 0, stored.version))
        previous = stored
      }
      return seen
    })
  }
}

// internal --------------------------------------------------------------------

/** Event by event only when the page does not hold. */
const verify = Effect.fnUntraced(function* (
  tally: Tally,
  page: ReadonlyArray<StoredEvent>,
  before: Pick<StoredEvent, "position" | "hash">,
  holds: boolean
) {
  let from = before
  for (const event of page) {
    const broken = holds ? undefined : yield* Effect.promise(() => Chain.firstBroken([event], from))
    const problem = broken === undefined ? undefined : "does not follow from the event before it"
    tally.judge("I-05", placeOf(event), problem)
    from = event
  }
})

const judgeOrder = (
  tally: Tally,
  event: StoredEvent,
  before: number,
  streams: ReadonlyMap<string, number>
): void => {
  const { position, stream, version } = event
  const place = placeOf(event)
  const latest = streams.get(stream) ?? 0
  const expected = (is: number, wanted: number) =>
    is === wanted ? undefined : `is ${is} where ${wanted} is expected`
  tally.judge("I-01", `${place} version`, expected(version, latest + 1))
  tally.judge("I-02", `${place} position`, expected(position, before + 1))
  tally.judge("I-03", place, version > latest ? undefined : `version ${version} after ${latest}`)
  tally.judge("I-04", place, position > before ? undefined : `position ${position} after ${before}`)
}

const decodeFrame = Schema.decodeUnknownOption(Frame)

const frameOf = (stored: StoredEvent): Frame | undefined =>
  Result.getOrUndefined(
    Result.try(() => Option.getOrUndefined(decodeFrame(Envelope.bodyOf(stored))))
  )

const judgeBody = (
  tally: Tally,
  stored: StoredEvent,
  frame: Frame | undefined
): DomainEvent | undefined => {
  const opened = Result.getOrUndefined(Result.try(() => Envelope.open(stored)))
  const place = placeOf(stored)
  if (opened === undefined) {
    tally.judge("I-06", place, "is of no known type, or its data does not decode")
    return undefined
  }
  const { data, type } = opened
  const stream = definitionOf(type).streamOf(data)
  const isCanonical = stringify(Envelope.bodyOf(stored)) === stored.body
  const misframed = frame === undefined ? "has no frame that decodes" : undefined
  const misplaced = stream === stored.stream ? undefined : `stands in ${stored.stream}`
  tally.judge(
    "I-06",
    place,
    misframed ?? misplaced ?? (isCanonical ? undefined : "is not canonical")
  )
  const made = idOf(opened)
  if (made !== undefined) {
    tally.judge("I-04", place, uuid7.test(made) ? undefined : `${made} is no UUIDv7`)
  }
  return opened
}

/** The id that Foreman made for what begins here. */
const idOf = ({ data, type }: DomainEvent): string | undefined => {
  switch (type) {
    case "organization.created":
      return data.organizationId
    case "team.created":
      return data.teamId
    case "agent.created":
      return data.agentId
    case "repo.registered":
      return data.repositoryId
    case "run.queued":
      return data.runId
    case "artifact.created":
      return data.artifactId
    default:
      return undefined
  }
}

const uuid7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const judgeCause = (tally: Tally, stored: StoredEvent, { metadata }: Frame): void => {
  const cause = metadata.causation_id
  if (cause === null) return
  const isEarlier = cause >= 1 && cause < stored.position
  const problem = isEarlier ? undefined : `names ${cause} as its cause`
  tally.judge("I-08", placeOf(stored), problem)
}

/** The event before, and whose command it belongs to. */
interface Latest {
  readonly command: string
  readonly moment: string
  readonly owner: string
  readonly source: string
}

/**
 * Follows commands by their key, their actor and their time.
 *
 * The key alone tells nothing: a caller may use one key for two operations. One batch has one store
 * time, which never goes back, so that what was seen at an earlier time is forgotten.
 */
const makeCommands = (tally: Tally) => {
  let at = 0
  let seen = new Set<string>()
  let latest: Latest | undefined
  return (stored: StoredEvent, frame: Frame): boolean => {
    if (stored.at !== at) seen = new Set()
    at = stored.at
    const { actor_id, causation_id, command_id, correlation_id, run_id } = frame.metadata
    const moment = JSON.stringify([command_id, frame.at, stored.at])
    // What a command hands over is decided by the system, as a part of it.
    const isPart = actor_id === system.id && latest?.moment === moment
    const owner = isPart ? (latest?.owner ?? actor_id) : actor_id
    const command = `${moment} ${owner}`
    const source = JSON.stringify([correlation_id, causation_id, run_id])
    const isNext = latest?.command === command
    const isTorn = !isNext && seen.has(command)
    const isOther = isNext && owner === actor_id && latest?.source !== source
    const problem = isOther ? "comes from elsewhere than the event before it" : undefined
    const place = placeOf(stored)
    tally.judge("I-09", place, isTorn ? "stands apart from its command" : problem)
    seen.add(command)
    latest = { command, moment, owner, source }
    return !isNext
  }
}
