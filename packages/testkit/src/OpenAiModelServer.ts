/**
 * OpenAI's Responses API by a script: `POST /v1/responses`, streaming and not, and `GET /v1/models`.
 *
 * What Codex and the SDKs read of the API is there; what the API keeps on its own side (stored
 * responses, files) is not.
 *
 * @since 0.1.0
 */
import { Context, type Effect, Layer, type Scope } from "effect"
import { serveModel } from "./internal/modelHttp.ts"
import { responses } from "./internal/responsesProtocol.ts"
import type { ModelServer, Options } from "./ModelServer.ts"

// services --------------------------------------------------------------------

/**
 * The server.
 *
 * @category services
 * @since 0.1.0
 */
export class OpenAiModelServer extends Context.Service<OpenAiModelServer, ModelServer>()(
  "@foreman/testkit/OpenAiModelServer"
) {}

/**
 * Listens on a free port of 127.0.0.1 until the scope closes.
 *
 * **Gotchas**
 *
 * The base URL that clients want ends in `/v1`.
 *
 * **Example** (A model that fails once)
 *
 * ```ts import.meta.vitest
 * import { Effect } from "effect"
 * import { ModelScript, OpenAiModelServer } from "@foreman/testkit"
 *
 * const script = ModelScript.make([ModelScript.fail(429, { retryAfter: "2 seconds" })])
 *
 * const program = Effect.gen(function* () {
 *   const { url } = yield* OpenAiModelServer.serve({ script })
 *   const body = JSON.stringify({ model: "any", input: "Hello" })
 *   const answer = yield* Effect.promise(() => fetch(`${url}/v1/responses`, { method: "POST", body }))
 *   return [answer.status, answer.headers.get("retry-after")]
 * })
 *
 * await Effect.runPromise(Effect.scoped(program)) // => [429, "2"]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const serve = (options: Options): Effect.Effect<ModelServer, never, Scope.Scope> =>
  serveModel(responses, options)

// layers ----------------------------------------------------------------------

/**
 * The same as a layer.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<OpenAiModelServer> =>
  Layer.effect(OpenAiModelServer, serve(options))
