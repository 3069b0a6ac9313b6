import { assert, describe, it } from "@effect/vitest"
import type { JSONRPCMessage } from "@modelcontextprotocol/server"
import { PassThrough } from "node:stream"
import * as StdioTransport from "../../src/internal/StdioTransport.ts"

const request = (id: number, text = "") => ({
  jsonrpc: "2.0" as const,
  id,
  method: "ask",
  params: { text }
})
const answer = (id: number, text = "") => ({ jsonrpc: "2.0" as const, id, result: { text } })
const line = (message: unknown) => `${JSON.stringify(message)}\n`

const open = async (bounds: Partial<StdioTransport.Options> = {}) => {
  const [input, output] = [new PassThrough(), new PassThrough({ highWaterMark: 64 })]
  const transport = StdioTransport.make({ input, output, ...bounds })
  const [received, errors]: [Array<JSONRPCMessage>, Array<string>] = [[], []]
  const waiting: Array<() => void> = []
  Object.assign(transport, {
    onmessage: (message: JSONRPCMessage) => {
      received.push(message)
      for (const resume of waiting.splice(0)) resume()
    },
    onerror: ({ message }: Error) => errors.push(message)
  })
  await transport.start()
  /** Waits until so many messages have come in. */
  const receives = async (count: number) => {
    while (received.length < count) {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      await promise
    }
    return received
  }
  return { input, output, transport, received, errors, receives }
}

describe("JSON lines over two streams", () => {
  it("puts messages together from any pieces", async () => {
    const { input, receives } = await open()
    const text = Buffer.from(line(request(1, "ü€")) + line(request(2)))
    for (const byte of text) input.write(Buffer.from([byte]))
    assert.deepStrictEqual<unknown>(await receives(2), [request(1, "ü€"), request(2)])
  })

  it("passes over what is no message and what is too long, and lives on", async () => {
    const { errors, input, receives } = await open({ maxLineBytes: 200 })
    input.write("not json\n\n")
    input.write(line(request(1, "x".repeat(1000))))
    input.write(line(request(2)))
    assert.deepStrictEqual<unknown>(await receives(1), [request(2)])
    assert.deepStrictEqual(errors, [
      "A line is not a JSON-RPC message",
      "A line was too long and passed over"
    ])
  })

  it("answers what was asked before the client ended its stream", async () => {
    const { input, output, receives, transport } = await open({ drainMillis: 60_000 })
    input.end(line(request(1)) + JSON.stringify(request(2)))
    await receives(2)
    const written: Array<string> = []
    output.on("data", (chunk) => written.push(String(chunk)))
    await transport.send(answer(1))
    await transport.send(answer(2))
    await transport.closed
    assert.deepStrictEqual(written, [line(answer(1)), line(answer(2))])
    const late = await transport.send(answer(3)).catch(String)
    assert.include(late, "The connection is closed")
  })

  it("does not wait for a request that the client has cancelled", async () => {
    const { input, transport } = await open({ drainMillis: 60_000 })
    const method = "notifications/cancelled"
    input.end(line(request(1)) + line({ jsonrpc: "2.0", method, params: { requestId: 1 } }))
    await transport.closed
  })

  it("gives open requests only so much time after the end", async () => {
    const { input, received, transport } = await open({ drainMillis: 1 })
    input.end(line(request(1)))
    await transport.closed
    assert.lengthOf(received, 1)
  })

  it("reads no further while too much is open", async () => {
    const { input, receives, transport } = await open({ maxOpen: 1 })
    input.write(line(request(1)))
    await receives(1)
    assert.isTrue(input.isPaused())
    await transport.send(answer(1))
    assert.isFalse(input.isPaused())
  })

  it("reads no further while the client does not take its answers", async () => {
    const { input, output, receives, transport } = await open()
    input.write(line(request(1)))
    await receives(1)
    const sent = [transport.send(answer(1, "x".repeat(1000))), transport.send(answer(2))]
    assert.isTrue(input.isPaused())
    output.resume()
    await Promise.all(sent)
    assert.isFalse(input.isPaused())
  })

  it("closes when the client is gone", async () => {
    const { errors, output, transport } = await open()
    output.destroy(new Error("EPIPE"))
    await transport.closed
    assert.deepStrictEqual(errors, ["EPIPE"])
  })
})
