/**
 * The way to Foreman through its store, opened in this process: the same that a server may have open.
 *
 * Nothing is started here: no agent is dispatched and no commit is landed. A server does that when it
 * runs.
 */
import {
  Actor,
  ArtifactLimits,
  ArtifactStore,
  Authorization,
  Driver,
  type Events,
  Foreman,
  Identifier,
  Log,
  Manager,
  type Refusal
} from "@foreman/core"
import { Effect, Layer, ManagedRuntime, Stream } from "effect"
import { randomUUID } from "node:crypto"
import * as OpenStore from "../OpenStore.ts"
import type { Connection, FeedEvent } from "./Connection.ts"
import type { Told } from "./Context.ts"
import { exitCodes, Failed, failedBy } from "./ExitCode.ts"
import * as OpenFailure from "./OpenFailure.ts"
import { aborted, encode } from "./Remote.ts"
import * as WorkingRepository from "./server/WorkingRepository.ts"

// models ----------------------------------------------------------------------

/** What to open, and who acts. */
export interface Options {
  readonly told: Told
  readonly token: string | undefined
  /** Says that no store is made in a database where there is none. */
  readonly mustExist: boolean
  /** What is said then. */
  readonly refusalOfMissing: () => Promise<Failed | undefined>
  /** The token of the runtime root, if a server has made one. */
  readonly operatorToken: string | undefined
  /** The one that it has made for agents. */
  readonly managerToken: string | undefined
}

// services --------------------------------------------------------------------

/** Opens the store. Whoever shows no token is the operator: it could open the file as well. */
export const open = async (options: Options): Promise<Connection> => {
  const { refusalOfMissing, token, told } = options
  const title = OpenStore.titleOf(told.settings, told.called)
  const runtime = ManagedRuntime.make(await layerOf(options))
  const foreman = await runtime.runPromise(Foreman).catch(async (cause: unknown) => {
    await runtime.dispose()
    const refusal = OpenStore.isMissing(cause) ? await refusalOfMissing() : undefined
    throw refusal ?? OpenFailure.of(title, cause)
  })
  const actor =
    token === undefined
      ? Effect.succeed(Actor.operator)
      : Effect.mapError(foreman.access.authenticate(token), notAuthenticated)
  const correlationId = randomUUID()
  return {
    title,
    invoke: (name, input, { signal, ...call } = {}) => {
      const invoked = Effect.flatMap(actor, (current) =>
        foreman
          .invoke(name, input, { ...call, unknownFields: "refuse", correlationId })
          .pipe(
            Effect.provideService(Authorization.CurrentActor, current),
            Effect.mapError(failedBy)
          )
      )
      return runtime.runPromise(invoked, signal === undefined ? {} : { signal })
    },
    follow: ({ after, organizationId, signal }) =>
      Stream.toAsyncIterable(
        eventsOf(foreman, actor, { after, organizationId }).pipe(
          Stream.interruptWhen(aborted(signal))
        )
      ),
    read: (artifactId, signal) =>
      Stream.toAsyncIterable(
        bytesOf(foreman, actor, artifactId).pipe(Stream.interruptWhen(aborted(signal)))
      ),
    close: () => runtime.dispose()
  }
}

// internal --------------------------------------------------------------------

type Opened = Foreman["Service"]

type Acting = Effect.Effect<Actor.Actor, Failed>

/** What a server is made of, but for what serves and starts. */
const layerOf = async ({ managerToken, mustExist, operatorToken, told }: Options) => {
  const { environment, gathered, settings } = told
  const access = operatorToken === undefined ? ({ mode: "open" } as const) : modeOf(operatorToken)
  const repository = await Effect.runPromise(WorkingRepository.find(process.cwd()))
  const store = Layer.mergeAll(
    // What a server has of its settings, so that the answers are the same.
    Layer.succeed(ArtifactLimits.ArtifactLimits, settings.artifacts),
    Layer.succeed(Manager.ManagerConfig, { ...settings.manager, ...repository }),
    // A program of one command needs few connections.
    Layer.effect(Driver.Driver, OpenStore.open(settings, { connections: 2, mustExist })),
    Layer.effect(ArtifactStore.ArtifactStore, OpenStore.artifactsOf(settings, environment))
  )
  // What a person should know of one command is its answer.
  const level = gathered.has("FOREMAN_LOG_LEVEL") ? settings.logLevel : "Warn"
  const log = Log.layer({ level, form: process.stderr.isTTY ? "text" : "json" })
  return Foreman.layer({ ...access, managerToken }).pipe(Layer.provide(store), Layer.merge(log))
}

const eventsOf = (foreman: Opened, actor: Acting, input: Events.FollowInput) =>
  Stream.unwrap(
    Effect.map(actor, (current) =>
      foreman.events.follow(input).pipe(
        Stream.provideService(Authorization.CurrentActor, current),
        Stream.map(({ cursor, event }): FeedEvent => ({ ...encode(event), cursor })),
        Stream.mapError(asFailed)
      )
    )
  )

const bytesOf = (foreman: Opened, actor: Acting, artifactId: string) =>
  Stream.unwrap(
    Effect.flatMap(actor, (current) =>
      foreman.artifacts.open(Identifier.ArtifactId.make(artifactId)).pipe(
        Effect.provideService(Authorization.CurrentActor, current),
        Effect.map(({ bytes }) => Stream.mapError(bytes(), asFailed)),
        Effect.mapError(asFailed)
      )
    )
  )

const modeOf = (operatorToken: string) => ({ mode: "token", operatorToken }) as const

const notAuthenticated = (error: { readonly _tag: string; readonly message: string }): Failed =>
  error._tag === "NotAuthenticated"
    ? new Failed(exitCodes.denied, error._tag, error.message)
    : new Failed(exitCodes.unavailable, error._tag, error.message)

const statuses: Readonly<Record<string, number>> = {
  ArtifactGone: 410,
  ArtifactNotFound: 404,
  ArtifactStoreError: 503,
  InvalidInput: 422,
  OrganizationNotFound: 404,
  PermissionDenied: 403,
  StoreUnavailable: 503
}

const asFailed = ({
  _tag,
  message
}: {
  readonly _tag: string
  readonly message: string
}): Failed => {
  const refusal: Refusal.Refusal = { code: _tag, message, status: statuses[_tag] ?? 500, facts: {} }
  return failedBy(refusal)
}
