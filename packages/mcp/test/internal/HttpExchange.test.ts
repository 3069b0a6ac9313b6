import { assert, describe, it } from "@effect/vitest"
import { once } from "node:events"
import { createServer, get } from "node:http"
import type { AddressInfo } from "node:net"
import { onTestFinished } from "vitest"
import * as HttpExchange from "../../src/internal/HttpExchange.ts"

describe("an answer that breaks off in the middle", () => {
  it("ends the connection, so that the caller sees that it is not whole", async () => {
    const failed = Promise.withResolvers<unknown>()
    const server = createServer((request, response) => {
      const visit = {
        request,
        response,
        actor: { type: "operator", id: "operator", role: "operator", organizationId: null },
        token: undefined,
        body: "",
        headers: {}
      } as const
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          controller.enqueue(new TextEncoder().encode("data: one\n\n"))
          controller.error(new Error("broken"))
        }
      })
      const answer = HttpExchange.answer(visit, async () => new Response(body))
      answer.then(failed.resolve, failed.resolve)
    })
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    onTestFinished(() => {
      server.close()
    })
    // As: the server listens on a port.
    const { port } = server.address() as AddressInfo
    const ended = new Promise<string>((resolve) => {
      const request = get({ port, host: "127.0.0.1" }, (response) => {
        response.resume()
        response.once("error", () => resolve("cut off"))
        response.once("end", () => resolve("whole"))
      })
      request.once("error", () => resolve("cut off"))
    })
    assert.strictEqual(await ended, "cut off")
    assert.instanceOf(await failed.promise, Error)
  })
})
