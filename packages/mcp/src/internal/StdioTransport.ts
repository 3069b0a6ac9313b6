/**
 * JSON lines over two streams, for one connection.
 *
 * It differs from the SDK's own in three ways. A client that ends its stream still gets the answers
 * to what it asked before. A line that is far too long is passed over, and the connection lives on.
 * And a client that does not read is not read from: nothing here grows without bound.
 *
 * @since 0.1.0
 */
import { deserializeMessage, serializeMessage } from "@modelcontextprotocol/server"
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/server"
import type { Readable, Writable } from "node:stream"

// models ----------------------------------------------------------------------

/**
 * A transport that also says when it is over.
 *
 * @category models
 * @since 0.1.0
 */
export interface StdioTransport extends Transport {
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>
}

/**
 * The two streams and the bounds.
 *
 * @category models
 * @since 0.1.0
 */
export interface Options {
  readonly input: Readable
  readonly output: Writable
  /** The longest line that is read, 32 MiB unless said. */
  readonly maxLineBytes?: number
  /** How many requests may be open before no more is read, 1,000 unless said. */
  readonly maxOpen?: number
  /** How long open requests may go on after the client has ended its stream, 1.4 s unless said. */
  readonly drainMillis?: number
}

// services --------------------------------------------------------------------

/**
 * A transport for one connection.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (options: Options): StdioTransport => new Connection(options)

// internal --------------------------------------------------------------------

class Connection implements StdioTransport {
  onclose?: (() => void) | undefined
  onerror?: ((error: Error) => void) | undefined
  onmessage?: ((message: JSONRPCMessage) => void) | undefined
  readonly closed: Promise<void>
  readonly #options: Required<Options>
  readonly #lines: Lines
  /** The requests that are not answered yet. */
  readonly #open = new Set<unknown>()
  readonly #ended = Promise.withResolvers<void>()
  #draining: ReturnType<typeof setTimeout> | undefined
  #isEnding = false
  #isClosed = false

  constructor(options: Options) {
    this.#options = { maxLineBytes: 32 * 1024 * 1024, maxOpen: 1000, drainMillis: 1400, ...options }
    this.#lines = new Lines(this.#options.maxLineBytes)
    this.closed = this.#ended.promise
  }

  async start(): Promise<void> {
    const { input, output } = this.#options
    input.on("data", this.#read).on("end", this.#end).on("close", this.#end)
    input.on("error", this.#report)
    output.on("drain", this.#flow).on("error", this.#fail)
  }

  send(message: JSONRPCMessage): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error("The connection is closed"))
    return new Promise((resolve, reject) => {
      this.#options.output.write(serializeMessage(message), (error) => {
        if (error) return reject(error)
        resolve()
        if ("id" in message && !("method" in message)) this.#settle(message.id)
      })
      this.#flow()
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#draining)
    const { input, output } = this.#options
    input.off("data", this.#read).off("end", this.#end).off("close", this.#end).pause()
    // The listeners for errors stay: a late failure of a stream must not end the process.
    output.off("drain", this.#flow)
    this.onclose?.()
    this.#ended.resolve()
  }

  readonly #read = (chunk: Buffer): void => {
    for (const line of this.#lines.add(chunk)) this.#deliver(line)
    this.#flow()
  }

  readonly #deliver = (line: string | undefined): void => {
    if (line === undefined) return this.#report(new Error("A line was too long and passed over"))
    if (line.trim() === "") return
    try {
      const message = deserializeMessage(line)
      if ("method" in message && "id" in message) this.#open.add(message.id)
      this.onmessage?.(message)
      if ("method" in message && message.method === "notifications/cancelled") {
        this.#settle(message.params?.["requestId"])
      }
    } catch (cause) {
      this.#report(new Error("A line is not a JSON-RPC message", { cause }))
    }
  }

  readonly #settle = (id: unknown): void => {
    this.#open.delete(id)
    this.#flow()
    if (this.#isEnding && this.#open.size === 0) void this.close()
  }

  /** Reads on while the client takes what it gets and not too much is open. */
  readonly #flow = (): void => {
    if (this.#isClosed) return
    const { input, maxOpen, output } = this.#options
    if (output.writableNeedDrain || this.#open.size >= maxOpen) input.pause()
    else input.resume()
  }

  readonly #end = (): void => {
    if (this.#isEnding) return
    this.#isEnding = true
    for (const line of this.#lines.add(Buffer.from("\n"))) this.#deliver(line)
    if (this.#open.size === 0) void this.close()
    else this.#draining = setTimeout(() => void this.close(), this.#options.drainMillis)
  }

  readonly #report = (error: Error): void => this.onerror?.(error)

  readonly #fail = (error: Error): void => {
    this.#report(error)
    void this.close()
  }
}

/** Cuts chunks into lines. Of a line that is too long it keeps nothing, and says `undefined`. */
class Lines {
  #parts: Array<Buffer> = []
  #size = 0
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  *add(chunk: Buffer): Generator<string | undefined> {
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      this.#keep(chunk.subarray(start, end))
      yield this.#size > this.#maxBytes ? undefined : Buffer.concat(this.#parts).toString()
      this.#parts = []
      this.#size = 0
      start = end + 1
    }
    this.#keep(chunk.subarray(start))
  }

  #keep(part: Buffer): void {
    this.#size += part.length
    if (this.#size > this.#maxBytes) this.#parts = []
    else if (part.length > 0) this.#parts.push(part)
  }
}
