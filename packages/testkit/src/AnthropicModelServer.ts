/**
 * Anthropic's Messages API by a script: `POST /v1/messages`, streaming and not, with its counting of
 * tokens and its list of models.
 *
 * What Claude Code and the SDKs read of the API is there; batches and files are not.
 *
 * @since 0.1.0
 */
import { Context, type Effect, Layer, type Scope } from "effect"
import { messages } from "./internal/messagesProtocol.ts"
import { serveModel } from "./internal/modelHttp.ts"
import type { ModelServer, Options } from "./ModelServer.ts"

// services --------------------------------------------------------------------

/**
 * The server.
 *
 * @category services
 * @since 0.1.0
 */
export class AnthropicModelServer extends Context.Service<AnthropicModelServer, ModelServer>()(
  "@foreman/testkit/AnthropicModelServer"
) {}

/**
 * Listens on a free port of 127.0.0.1 until the scope closes.
 *
 * **Gotchas**
 *
 * The base URL that clients want is the server's, without `/v1`.
 *
 * **Example** (What the model was asked)
 *
 * ```ts import.meta.vitest
 * import { Effect } from "effect"
 * import { AnthropicModelServer, ModelScript } from "@foreman/testkit"
 *
 * const script = ModelScript.make([ModelScript.say("Hello yourself.")])
 * const asked = { model: "any", max_tokens: 9, messages: [{ role: "user", content: "Hello" }] }
 *
 * const program = Effect.gen(function* () {
 *   const { requests, url } = yield* AnthropicModelServer.serve({ script })
 *   const headers = { "anthropic-version": "2023-06-01" }
 *   const init = { method: "POST", headers, body: JSON.stringify(asked) }
 *   yield* Effect.promise(() => fetch(`${url}/v1/messages`, init))
 *   return (yield* requests).map(({ prompt }) => prompt)
 * })
 *
 * await Effect.runPromise(Effect.scoped(program)) // => ["Hello"]
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const serve = (options: Options): Effect.Effect<ModelServer, never, Scope.Scope> =>
  serveModel(messages, options)

// layers ----------------------------------------------------------------------

/**
 * The same as a layer.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (options: Options): Layer.Layer<AnthropicModelServer> =>
  Layer.effect(AnthropicModelServer, serve(options))
