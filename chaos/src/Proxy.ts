/**
 * A proxy before PostgreSQL that cuts connections at a chosen message, or lets them fall silent.
 *
 * @since 0.1.0
 */
import { connect, createServer, type Server, type Socket } from "node:net"
import { once } from "node:events"
import * as Frames from "./Frames.ts"

// models ----------------------------------------------------------------------

/**
 * Where a connection is cut: before the server hears of a command, when it has heard, when its answer
 * comes, after the answer but before the server says that all is done, or between two messages of one
 * transaction. `silence` cuts nothing: the command is heard and its answer never comes.
 */
export type Place = "before" | "during" | "answer" | "late" | "inside" | "silence"

/** A proxy that runs. */
export interface Proxy {
  /** The address of the database through the proxy. */
  readonly url: string
  /** Cuts at the next command that commits, and tells when that has happened; within two seconds. */
  readonly cut: (place: Place) => Promise<boolean>
  /** Cuts the connections that listen, and says how many there were. */
  readonly dropListeners: () => number
  /** Lets the connections that listen fall silent without an end, and says how many there were. */
  readonly muteListeners: () => number
  readonly close: () => Promise<void>
}

// operations ------------------------------------------------------------------

/** Starts a proxy before the database of an address. */
export const start = async (url: string): Promise<Proxy> => {
  const target = new URL(url)
  const lines = new Set<Line>()
  const armed: Armed = { place: undefined, told: () => {} }
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 5432), target.hostname)
    const line = join(client, upstream, armed)
    lines.add(line)
    client.once("close", () => lines.delete(line))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const through = new URL(url)
  through.hostname = "127.0.0.1"
  through.port = String(portOf(server))
  const listeners = () => [...lines].filter(({ isListener }) => isListener())
  return {
    url: through.href,
    cut: (place) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => armed.told(false), 2_000)
        armed.place = place
        armed.told = (isDone) => {
          clearTimeout(timer)
          armed.place = undefined
          armed.told = () => {}
          resolve(isDone)
        }
      }),
    dropListeners: () => listeners().map(({ end }) => end()).length,
    muteListeners: () => listeners().map(({ mute }) => mute()).length,
    close: async () => {
      for (const { end } of lines) end()
      server.close()
      await once(server, "close")
    }
  }
}

// internal --------------------------------------------------------------------

/** What the next committing command meets. */
interface Armed {
  place: Place | undefined
  told: (isDone: boolean) => void
}

interface Line {
  readonly isListener: () => boolean
  readonly mute: () => void
  readonly end: () => void
}

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Joins both ends of a connection, and looks at each message on its way. */
const join = (client: Socket, upstream: Socket, armed: Armed): Line => {
  let isMute = false
  let isListener = false
  /** Told once the answer of the command on its way has come; what comes before it may be kept. */
  let answered: { readonly passes: boolean; readonly tell: () => void } | undefined
  const end = () => {
    client.destroy()
    upstream.destroy()
  }
  const watch = makeWatch()
  const fromClient = Frames.ofClient()
  const fromServer = Frames.ofServer()
  client.setNoDelay(true)
  upstream.setNoDelay(true)

  const meet = (frame: Frames.Frame) => {
    const { place, told } = armed
    if (place === undefined || place === "inside") return upstream.write(frame.bytes)
    if (place !== "before") upstream.write(frame.bytes)
    if (place === "silence") isMute = true
    if (place !== "answer" && place !== "late") {
      if (place !== "silence") end()
      return told(true)
    }
    armed.place = undefined
    answered = { passes: place === "late", tell: () => told(true) }
    return undefined
  }

  client.on("data", (chunk: Buffer) => {
    if (isMute) return
    for (const frame of fromClient(chunk)) {
      const { begins, commits, listens } = watch(frame)
      isListener ||= listens
      if (commits || (begins && armed.place === "before")) meet(frame)
      else upstream.write(frame.bytes)
    }
  })
  upstream.on("data", (chunk: Buffer) => {
    if (isMute) return
    for (const frame of fromServer(chunk)) {
      const isWaiting = frame.type === "Z"
      if (answered !== undefined && isWaiting) {
        // What was passed on still arrives.
        client.end()
        upstream.destroy()
        answered.tell()
      }
      if (answered !== undefined && (isWaiting || !answered.passes)) continue
      client.write(frame.bytes)
      if (!isWaiting || Frames.statusOf(frame) !== "T" || armed.place !== "inside") continue
      end()
      armed.told(true)
    }
  })
  for (const [one, other] of [
    [client, upstream],
    [upstream, client]
  ] as const) {
    one.on("error", () => other.destroy())
    one.on("close", () => {
      if (!isMute) other.destroy()
    })
  }
  return { isListener: () => isListener, mute: () => void (isMute = true), end }
}

/** Says of each message whether a command that commits begins or ends with it, and whether it listens. */
const makeWatch = () => {
  const committing = new Set<string>()
  let isCommitting = false
  return (frame: Frames.Frame) => {
    let begins = false
    let commits = false
    let listens = false
    if (frame.type === "P") {
      const { name, text } = Frames.parseOf(frame)
      if (isCommit(text)) committing.add(name)
      else committing.delete(name)
      listens = isListen(text)
    }
    if (frame.type === "B") begins = committing.has(Frames.boundOf(frame))
    isCommitting ||= begins
    if (frame.type === "Q") {
      const text = Frames.queryOf(frame)
      commits = isCommit(text)
      listens = isListen(text)
    }
    if (frame.type === "S") {
      commits = isCommitting
      isCommitting = false
    }
    return { begins, commits, listens }
  }
}

const isCommit = (text: string) => /\bcommit/i.test(text)

const isListen = (text: string) => /^\s*listen\b/i.test(text)
