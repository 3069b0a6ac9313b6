/**
 * A collector of traces on this machine, and what it was sent.
 */
import { createServer } from "node:http"
import { once } from "node:events"

export interface Span {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: ReadonlyArray<{ readonly key: string; readonly value: object }>
  readonly status: { readonly code: number }
}

export interface Collector {
  readonly url: string
  readonly text: () => string
  readonly spans: () => ReadonlyArray<Span>
  readonly close: () => void
}

export const start = async (): Promise<Collector> => {
  const bodies: Array<string> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      bodies.push(Buffer.concat(chunks).toString("utf8"))
      response.writeHead(200, { "content-type": "application/json" }).end("{}")
    })
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
    text: () => bodies.join("\n"),
    spans: () =>
      bodies.flatMap((body) =>
        JSON.parse(body).resourceSpans.flatMap(
          (resource: { scopeSpans: Array<{ spans: Array<Span> }> }) =>
            resource.scopeSpans.flatMap(({ spans }) => spans)
        )
      )
  }
}
