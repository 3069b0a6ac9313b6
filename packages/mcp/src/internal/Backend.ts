/**
 * What stands behind the tools: opened at the first call, since listing tools needs none of it.
 *
 * @since 0.1.0
 */
import type { CallToolResult } from "@modelcontextprotocol/server"
import type { Call } from "../McpServer.ts"

// models ----------------------------------------------------------------------

/**
 * An open backend.
 *
 * @category models
 * @since 0.1.0
 */
export interface Backend {
  readonly call: Call
  /** Calls as the person of whom a client says that they have answered. */
  readonly through: (client: string) => Call
  readonly close: () => Promise<void>
}

/**
 * A backend that opens by itself. One that did not open is opened anew at the next call.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly open: () => Promise<Backend>
  /** The answer to a call when it does not open. */
  readonly failed: (cause: unknown) => CallToolResult
}

// services --------------------------------------------------------------------

/**
 * Puts off opening a backend until it is called.
 *
 * @category services
 * @since 0.1.0
 */
export const lazy = ({ failed, open }: Options): Backend => {
  let opening: Promise<Backend> | undefined
  const opened = () => {
    opening ??= open().catch((cause: unknown) => {
      opening = undefined
      throw cause
    })
    return opening
  }
  const callOf =
    (pick: (backend: Backend) => Call): Call =>
    (name, input, options) =>
      opened().then(
        (backend) => pick(backend)(name, input, options),
        (cause: unknown) => failed(cause)
      )
  return {
    call: callOf(({ call }) => call),
    through: (client) => callOf(({ through }) => through(client)),
    close: async () => {
      const backend = await opening?.catch(() => undefined)
      await backend?.close()
    }
  }
}
