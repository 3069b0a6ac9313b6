/**
 * `GET /api/v1/tasks/:id` of the server, with a token and a read of SQLite, beside a bare
 * `node:http` server that answers a constant.
 *
 * @since 0.1.0
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { connect, type Socket } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { createClient } from "@foreman/client"
import * as Disk from "./Disk.ts"
import * as Report from "./Report.ts"
import { compare, type Figures, quantile, type Variant } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** A server that is ready, and what it is asked. */
interface Started {
  readonly child: ChildProcess
  readonly port: number
  readonly request: Buffer
}

// rules -----------------------------------------------------------------------

const connections = 50

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What a keep-alive client sends, headers of a usual length and all. */
const requestOf = (port: number, path: string, token: string): Buffer =>
  Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: application/json\r\n` +
      `Authorization: Bearer ${token}\r\nConnection: keep-alive\r\n\r\n`
  )

// operations ------------------------------------------------------------------

/** Starts a program on this Node and waits for its line `foreman ready http://HOST:PORT`. */
const start = async (flags: ReadonlyArray<string>, environment: NodeJS.ProcessEnv) => {
  const env = { PATH: process.env["PATH"] ?? "", ...environment }
  const child = spawn(process.execPath, flags, { env, stdio: ["ignore", "pipe", "ignore"] })
  for await (const line of createInterface({ input: child.stdout })) {
    const port = /^foreman ready http:\/\/127\.0\.0\.1:(\d+)/.exec(line)?.[1]
    if (port !== undefined) return { child, port: Number(port) }
  }
  throw new Error(`${flags.at(-1)} ended before it was ready`)
}

const startForeman = async (folder: string): Promise<Started> => {
  const program = here("../packages/cli/src/main.ts")
  const server = await start(["--conditions=@foreman/source", program, "serve"], {
    HOME: folder,
    FOREMAN_RUNTIME_ROOT: folder,
    FOREMAN_HTTP_ADDR: "127.0.0.1:0",
    FOREMAN_DISPATCH: "off",
    FOREMAN_LOG_LEVEL: "error"
  })
  const token = readFileSync(join(folder, "token"), "utf8").trim()
  const foreman = createClient({ url: `http://127.0.0.1:${server.port}`, token })
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  const { id } = await foreman.createTask({ teamId, title: "Fix login", description: "At once." })
  await foreman.close()
  return { ...server, request: requestOf(server.port, `/api/v1/tasks/${id}`, token) }
}

/** The bare server answers what the other one was seen to answer. */
const startBare = async (body: Buffer): Promise<Started> => {
  const server = await start([here("./BareHttp.ts"), body.toString("base64")], {})
  return { ...server, request: requestOf(server.port, "/api/v1/tasks/1", "a".repeat(40)) }
}

/** One request and its answer, whole; who answers anything but 200 is refused. */
const exchange = (socket: Socket, request: Buffer): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    let received: Buffer = Buffer.alloc(0)
    let end = Number.POSITIVE_INFINITY
    const take = (chunk: Buffer) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const head = end === Number.POSITIVE_INFINITY ? received.indexOf("\r\n\r\n") : -1
      if (head !== -1) {
        const headers = received.toString("latin1", 0, head)
        const length = /^content-length: (\d+)/im.exec(headers)?.[1]
        if (!headers.startsWith("HTTP/1.1 200") || length === undefined) {
          return reject(new Error(received.toString()))
        }
        end = head + 4 + Number(length)
      }
      if (received.length < end) return
      socket.off("data", take)
      resolve(received)
    }
    socket.on("data", take)
    socket.write(request)
  })

const load = async (
  { request }: Started,
  sockets: ReadonlyArray<Socket>,
  milliseconds: number
): Promise<Figures> => {
  const times: Array<number> = []
  const begin = performance.now()
  const caller = async (socket: Socket) => {
    for (let now = performance.now(); now < begin + milliseconds;) {
      await exchange(socket, request)
      const after = performance.now()
      times.push(after - now)
      now = after
    }
  }
  await Promise.all(sockets.map(caller))
  return {
    "requests/s": (times.length / (performance.now() - begin)) * 1000,
    "p50 ms": quantile(times, 0.5),
    "p99 ms": quantile(times, 0.99)
  }
}

const dial = async ({ port }: Started): Promise<Socket> => {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true })
  await once(socket, "connect")
  return socket
}

const bodyOf = async (server: Started): Promise<Buffer> => {
  const socket = await dial(server)
  const answer = await exchange(socket, server.request)
  socket.destroy()
  return answer.subarray(answer.indexOf("\r\n\r\n") + 4)
}

const measured = async (name: string, server: Started, milliseconds: number) => {
  const sockets = await Promise.all(Array.from({ length: connections }, () => dial(server)))
  await load(server, sockets, 1500)
  const variant: Variant = { name, measure: () => load(server, sockets, milliseconds) }
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    server.child.kill("SIGTERM")
    await once(server.child, "exit")
  }
  return { variant, close }
}

const main = async (folder: string, options: Report.Options): Promise<void> => {
  const milliseconds = options.isShort ? 700 : 2000
  const foreman = await startForeman(folder)
  const bare = await startBare(await bodyOf(foreman))
  const servers = [
    await measured("node:http with a constant", bare, milliseconds),
    await measured("Foreman's server", foreman, milliseconds)
  ]
  const series = await compare(
    servers.map(({ variant }) => variant),
    options.rounds
  )
  for (const { close } of servers) await close()
  Report.print(
    {
      title: "REST: GET /api/v1/tasks/:id",
      compares:
        `${connections} connections that each ask for a task with a token, which is looked up, read\n` +
        "  from a SQLite file, checked and encoded, with the same on a bare node:http server that\n" +
        "  answers the same bytes. The load comes from this process, with sockets of its own.",
      comparesNot: "commands, other routes, TLS, or a load from another machine.",
      fdatasync: Disk.fdatasync(folder),
      tables: [{ name: "GET task", series }],
      targets: [
        {
          table: "GET task",
          variant: "Foreman's server",
          figure: "requests/s",
          bound: "at least",
          ratio: 0.3
        }
      ]
    },
    options
  )
}

await Disk.withFolder((folder) => main(folder, Report.options()))
