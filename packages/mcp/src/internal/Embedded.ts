/**
 * Tools on a store that is opened in this process, the same that a server may have open.
 *
 * Nothing is started here: no agent is dispatched and no commit is landed.
 *
 * @since 0.1.0
 */
import { Foreman } from "@foreman/core/Foreman"
import { CurrentActor } from "@foreman/core/operations/Authorization"
import type { Invoke } from "@foreman/core/operations/Invoke"
import type { Refusal, StoreUnavailable } from "@foreman/core/operations/Refusal"
import type { ArtifactStore, ArtifactStoreError } from "@foreman/core/ports/ArtifactStore"
import * as ArtifactStoreMemory from "@foreman/core/ports/ArtifactStoreMemory"
import type { Driver, StoreError } from "@foreman/core/ports/Driver"
import { type Actor, operator } from "@foreman/core/rules/Actor"
import type { NotAuthenticated } from "@foreman/core/services/Access"
import { Effect, identity, Layer, ManagedRuntime } from "effect"
import { SecureRandom } from "effect/crypto"
import { readFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import * as ToolCall from "../ToolCall.ts"
import type { Backend } from "./Backend.ts"
import { layer as logLayer } from "./Log.ts"
import type { McpSettings } from "./McpSettings.ts"
import { speakingThrough } from "./People.ts"

// models ----------------------------------------------------------------------

/** The settings that matter here, and the store. */
export interface Options extends Pick<McpSettings, "logLevel" | "token" | "tokenPath"> {
  readonly store: Layer.Layer<Driver, StoreError>
  /** Where what runs wrote is found, where this process can read that. */
  readonly artifacts?: Layer.Layer<ArtifactStore, ArtifactStoreError>
}

// services --------------------------------------------------------------------

/** Opens the store. Whoever shows no token is the operator: it could open the file as well. */
export const open = async ({
  artifacts = ArtifactStoreMemory.layer,
  logLevel,
  store,
  token,
  tokenPath
}: Options): Promise<Backend> => {
  // Servers keep what agents are given beside the operator's.
  const paths = [tokenPath, join(dirname(tokenPath), "manager-token")]
  const [operatorToken, managerToken] = await Promise.all(paths.map(textOf))
  const access =
    operatorToken === undefined
      ? ({ mode: "open" } as const)
      : ({ mode: "token", operatorToken } as const)
  const runtime = ManagedRuntime.make(
    Foreman.layer({ ...access, managerToken }).pipe(
      Layer.provide([store, artifacts]),
      Layer.merge(logLayer(logLevel))
    )
  )
  const foreman = await runtime.runPromise(Foreman).catch(async (cause: unknown) => {
    await runtime.dispose()
    throw cause
  })
  const callAs = ToolCall.prepare({ run: runtime.runPromise, isStrict: true })
  return {
    call: callAs(inNameOf(foreman, token)),
    through: (client) =>
      callAs(inNameOf(foreman, token, (actor) => speakingThrough(actor, client))),
    close: () => runtime.dispose()
  }
}

// internal --------------------------------------------------------------------

const textOf = (path: string): Promise<string | undefined> =>
  readFile(path, "utf8").then(
    (text) => text.trim() || undefined,
    () => undefined
  )

/** A token is looked at anew for each call: that of a run ends with the run. */
const inNameOf = (
  foreman: Foreman["Service"],
  token: string | undefined,
  named: (actor: Actor) => Actor = identity
): Invoke<never, never> => {
  const start = SecureRandom.uuidV7Unsafe()
  let count = 0
  const holder =
    token === undefined
      ? undefined
      : Effect.mapError(foreman.access.authenticate(token), notAuthenticated)
  const invokeAs = (actor: Actor): Invoke<never, never> => {
    const context = CurrentActor.context(named(actor))
    return (name, input, options) => {
      const correlationId = `${start}-${++count}`
      const invoked = foreman.invoke(name, input, { correlationId, ...options })
      return Effect.provideContext(invoked, context)
    }
  }
  if (holder === undefined) return invokeAs(operator)
  return (name, input, options) =>
    Effect.flatMap(holder, (actor) => invokeAs(actor)(name, input, options))
}

const notAuthenticated = (error: NotAuthenticated | StoreUnavailable): Refusal => ({
  code: error._tag,
  message: error.message,
  ...(error._tag === "NotAuthenticated"
    ? { status: 401, facts: {} }
    : { status: 503, facts: { retryable: error.retryable } })
})
