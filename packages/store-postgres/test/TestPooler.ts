/**
 * A small pooler in front of a server: it lets clients in by itself, and gives each a connection to the
 * server for a transaction or for its whole session, as the real ones do.
 */
import { once } from "node:events"
import { createServer, type AddressInfo, type Socket } from "node:net"

import { Client } from "pg"

// testing ---------------------------------------------------------------------

/** How a pooler works. */
export interface Options {
  /** How many connections to the server there are. */
  readonly connections: number
  readonly mode: "session" | "transaction"
  /** Which of those that are free is used next: the one that was used last, or longest ago. */
  readonly next: "latest" | "oldest"
}

/** Starts a pooler in front of the server of an address. */
export const start = async (
  url: string,
  { connections, mode, next }: Options
): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> => {
  const free = await Promise.all(Array.from({ length: connections }, () => connect(url)))
  const all = [...free]
  const waiting: Array<() => void> = []
  const release = (server: Socket): void => {
    free.push(server)
    waiting.shift()?.()
  }
  const take = async (): Promise<Socket> => {
    while (free.length === 0) {
      await new Promise<void>((resolve) => {
        waiting.push(resolve)
      })
    }
    const server = next === "latest" ? free.pop() : free.shift()
    if (server === undefined) throw new Error("There is no connection")
    return server
  }
  const clients = new Set<Socket>()
  const listener = createServer((client) => {
    clients.add(client)
    client.on("close", () => clients.delete(client))
    client.on("error", () => undefined)
    void serve(client, { take, release, mode })
  }).listen(0, "127.0.0.1")
  await once(listener, "listening")
  const address = new URL(url)
  // As: it listens on a port.
  address.port = String((listener.address() as AddressInfo).port)
  return {
    url: address.href,
    stop: async () => {
      listener.close()
      for (const socket of [...clients, ...all]) socket.destroy()
      await once(listener, "close")
    }
  }
}

// internal --------------------------------------------------------------------

interface Pool {
  readonly take: () => Promise<Socket>
  readonly release: (server: Socket) => void
  readonly mode: "session" | "transaction"
}

/** A connection that has been let in, without whoever spoke on it. */
const connect = async (url: string): Promise<Socket> => {
  const client = new Client(url)
  await client.connect()
  // As: the client's own parts, which its types do not show.
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  stream.removeAllListeners()
  stream.on("error", () => undefined)
  return stream
}

const serve = async (client: Socket, { mode, release, take }: Pool): Promise<void> => {
  let server: Socket | undefined
  const frames = framesOf()
  let last: Promise<void> = Promise.resolve()
  const answer = (bytes: Buffer): void => void client.write(bytes)
  const watch = framesOf()
  const onAnswer = (bytes: Buffer): void => {
    answer(bytes)
    for (const { body, type } of watch(bytes)) {
      // Ready, and in no transaction.
      if (type === "Z" && body.toString() === "I" && mode === "transaction") letGo()
    }
  }
  const letGo = (): void => {
    const held = server
    server = undefined
    held?.removeListener("data", onAnswer)
    if (held !== undefined) release(held)
  }
  const pass = async (type: string, bytes: Buffer): Promise<void> => {
    if (type === "X") return void client.end()
    if (server === undefined) {
      server = await take()
      server.on("data", onAnswer)
    }
    server.write(bytes)
  }
  client.on("close", () => {
    last = last.then(letGo)
  })
  await once(client, "data")
  answer(letIn)
  client.on("data", (bytes: Buffer) => {
    for (const frame of frames(bytes)) last = last.then(() => pass(frame.type, frame.bytes))
  })
}

interface Frame {
  readonly type: string
  readonly body: Buffer
  readonly bytes: Buffer
}

/** Cuts what comes into messages: a letter, a length, a body. */
const framesOf = () => {
  let rest = Buffer.alloc(0)
  return (chunk: Buffer): ReadonlyArray<Frame> => {
    rest = Buffer.concat([rest, chunk])
    const found: Array<Frame> = []
    while (rest.length >= 5) {
      const end = 1 + rest.readInt32BE(1)
      if (rest.length < end) break
      const bytes = rest.subarray(0, end)
      found.push({ type: String.fromCharCode(bytes[0] ?? 0), body: bytes.subarray(5), bytes })
      rest = rest.subarray(end)
    }
    return found
  }
}

/** Everybody is let in, and told that the server is ready. */
const letIn = Buffer.concat([
  Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
  Buffer.from([0x5a, 0, 0, 0, 5, 0x49])
])
