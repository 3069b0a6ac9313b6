/**
 * The frame around an event's data: who did it, by which command, and when it was decided.
 *
 * The body of a stored event is canonical JSON with snake_case keys. Position, version, store time
 * and hash are the store's.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { stringify } from "../events/Canonical.ts"
import { type DomainEvent, definitionOf } from "../events/EventTypes.ts"
import * as Wire from "../operations/Wire.ts"
import * as WireEncoder from "../operations/WireEncoder.ts"
import type { NewEvent, StoredEvent } from "../ports/Driver.ts"
import { type Actor, principalOf } from "../rules/Actor.ts"
import { timestamp } from "../rules/Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * What an event remembers of the command that made it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Metadata {
  readonly actor: Actor
  /** The command's key: all events of one command share it. */
  readonly commandId: string
  /** What the command belongs to: a request and all that followed from it. */
  readonly correlationId: string
  /** The position of the event that the command follows from, if one does. */
  readonly causationId: number | null
  /** When it was decided, in microseconds since 1970. */
  readonly at: number
}

/**
 * A stored body, read back.
 *
 * @category models
 * @since 0.1.0
 */
export interface Body {
  readonly at: number
  readonly data: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, unknown>>
}

// rules -----------------------------------------------------------------------

/**
 * Frames an event for the store.
 *
 * @category models
 * @since 0.1.0
 */
export const seal = ({ data, type }: DomainEvent, metadata: Metadata): NewEvent => {
  const definition = definitionOf(type)
  const body = stringify({
    at: metadata.at,
    data: encoderOf(type)(data),
    metadata: {
      actor_id: principalOf(metadata.actor),
      actor_type: metadata.actor.type,
      causation_id: metadata.causationId,
      command_id: metadata.commandId,
      correlation_id: metadata.correlationId,
      ...(metadata.actor.run === undefined ? {} : { run_id: metadata.actor.run.id })
    }
  })
  return { stream: definition.streamOf(data), type, body }
}

/**
 * Reads the body of a stored event, with its keys as they are stored.
 *
 * @category models
 * @since 0.1.0
 */
export const bodyOf = ({ body }: Pick<StoredEvent, "body">): Body =>
  // As: core alone writes bodies, with `seal`.
  JSON.parse(body) as Body

/**
 * Reads a stored event back as what happened.
 *
 * @category models
 * @since 0.1.0
 */
export const open = (stored: StoredEvent): DomainEvent => {
  const data = decoderOf(stored.type)(bodyOf(stored).data)
  // As: the type's own schema has decoded the data.
  return { type: stored.type, data } as DomainEvent
}

/**
 * A stored event as surfaces show it.
 *
 * @category models
 * @since 0.1.0
 */
export const toRecorded = (stored: StoredEvent) => {
  const { data, metadata } = bodyOf(stored)
  return {
    id: stored.position,
    orgId: stored.organization,
    streamId: stored.stream,
    type: stored.type,
    data,
    metadata,
    createdAt: `${timestamp(stored.at).slice(0, -1)}+00:00`
  }
}

// internal --------------------------------------------------------------------

type Transcode = (data: unknown) => unknown

const encoders = new Map<string, Transcode>()
const decoders = new Map<string, Transcode>()

const memoize =
  (known: Map<string, Transcode>, make: (schema: Schema.Constraint) => Transcode) =>
  (type: string): Transcode => {
    const made = known.get(type) ?? make(definitionOf(type).schema)
    known.set(type, made)
    return made
  }

const encoderOf = memoize(encoders, (schema) => WireEncoder.make(schema, "canonical"))
const decoderOf = memoize(decoders, (schema) => Schema.decodeUnknownSync(Wire.of(schema)))
