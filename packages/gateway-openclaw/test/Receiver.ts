/**
 * A real receiver of notifications on a free port, which answers as the test says.
 */
import { once } from "node:events"
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
  readonly body: any
}

export interface Receiver {
  readonly url: string
  readonly received: ReadonlyArray<Received>
  /** Waits until so many have come in all. */
  readonly until: (count: number) => Promise<ReadonlyArray<Received>>
  readonly close: () => Promise<void>
}

export type Answer = (received: Received, response: ServerResponse) => void

export const ok: Answer = (_, response) => void response.writeHead(200).end()

export const start = async (answer: Answer = ok, port = 0): Promise<Receiver> => {
  const received: Array<Received> = []
  const waiting = new Set<() => void>()
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const text = Buffer.concat(chunks).toString("utf8")
      const { headers, url: path = "" } = request
      const one = { path, headers, text, body: JSON.parse(text) as unknown }
      received.push(one)
      answer(one, response)
      for (const wake of waiting) wake()
    })
  })
  server.listen(port, "127.0.0.1")
  await once(server, "listening")
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}`,
    received,
    until: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (received.length < count) return
          waiting.delete(look)
          resolve(received)
        }
        waiting.add(look)
        look()
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
