/**
 * A server over a Foreman in memory, to be a client of.
 */
import { Context, Effect, Exit, Layer, Logger, Scope } from "effect"
import { ArtifactStoreMemory, DriverMemory, Foreman } from "@foreman/core"
import { HttpServer } from "@foreman/http"

export const token = "fmn_op_the_token_of_the_operator"

export interface TestServer {
  readonly url: string
  readonly close: () => Promise<void>
}

/** A Foreman in memory that outlives the servers in front of it. */
export const lasting = async (): Promise<Layer.Layer<Foreman>> => {
  const layer = Foreman.layer({ mode: "token", operatorToken: token }).pipe(
    Layer.provide([DriverMemory.layer, ArtifactStoreMemory.layer])
  )
  const scope = Scope.makeUnsafe()
  return Layer.succeedContext(await Effect.runPromise(Layer.buildWithScope(layer, scope)))
}

export const start = async (
  foreman?: Layer.Layer<Foreman>,
  options: HttpServer.Options = {}
): Promise<TestServer> => {
  const scope = Scope.makeUnsafe()
  const layer = HttpServer.layer({ address: { port: 0 }, ...options }).pipe(
    Layer.provide(Layer.merge(foreman ?? (await lasting()), Logger.layer([])))
  )
  const context = await Effect.runPromise(Layer.buildWithScope(layer, scope))
  const { url } = Context.get(context, HttpServer.HttpServer)
  return { url, close: () => Effect.runPromise(Scope.close(scope, Exit.void)) }
}
