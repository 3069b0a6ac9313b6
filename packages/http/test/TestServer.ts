/**
 * A server on a free port over a Foreman in memory, and callers for it.
 */
import { Context, Effect, Exit, Layer, Logger, Scope } from "effect"
import { request as send } from "node:http"
import { connect, type Socket } from "node:net"
import { ArtifactStoreMemory, DriverMemory, Foreman } from "@foreman/core"
import * as HttpServer from "../src/HttpServer.ts"

export const token = "fmn_op_the_token_of_the_operator"

export const foreman: Layer.Layer<Foreman> = Foreman.layer({
  mode: "token",
  operatorToken: token
}).pipe(Layer.provide([DriverMemory.layer, ArtifactStoreMemory.layer]))

/** The same, but with another part in the place of one of its own. */
export const foremanWith = (parts: Partial<Foreman["Service"]>): Layer.Layer<Foreman> =>
  Layer.effect(
    Foreman,
    Effect.map(Foreman, (whole) => Foreman.of({ ...whole, ...parts }))
  ).pipe(Layer.provide(foreman))

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
  readonly body: any
}

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly request: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>
  ) => Promise<Answer>
  /** Sends bytes as they are, and gives everything that comes back until the connection ends. */
  readonly raw: (text: string) => Promise<string>
  readonly socket: () => Promise<Socket>
  readonly close: () => Promise<void>
}

/** Starts a server; its caller closes it. */
export const start = async (
  options: HttpServer.Options = {},
  layer: Layer.Layer<Foreman> = foreman
): Promise<TestServer> => {
  const scope = Scope.makeUnsafe()
  const whole = HttpServer.layer({ address: { port: 0 }, ...options }).pipe(
    Layer.provide(Layer.merge(layer, Logger.layer([])))
  )
  const context = await Effect.runPromise(Layer.buildWithScope(whole, scope))
  const { port, url } = Context.get(context, HttpServer.HttpServer)
  return {
    url,
    port,
    request: (method, path, body, headers) => request(port, method, path, body, headers),
    raw: (text) => raw(port, text),
    socket: () => open(port),
    close: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

const request: (port: number, ...rest: Parameters<TestServer["request"]>) => Promise<Answer> = (
  port,
  method,
  path,
  body,
  headers = {}
) =>
  new Promise((resolve, reject) => {
    const outgoing = send(
      {
        port,
        host: "127.0.0.1",
        method,
        path,
        agent: false,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers
        }
      },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8")
          const type = response.headers["content-type"] ?? ""
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: type.includes("json") && text !== "" ? JSON.parse(text) : undefined
          })
        })
      }
    )
    outgoing.on("error", reject)
    if (body !== undefined) {
      outgoing.write(
        typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body)
      )
    }
    outgoing.end()
  })

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => resolve(socket))
    socket.once("error", reject)
  })

const raw = async (port: number, text: string): Promise<string> => {
  const socket = await open(port)
  return new Promise((resolve) => {
    const chunks: Array<Buffer> = []
    socket.on("data", (chunk: Buffer) => chunks.push(chunk))
    // A server that refuses may reset the connection while more is on its way.
    socket.on("error", () => undefined)
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")))
    socket.write(text)
  })
}
