/**
 * Gives the tests of one run a PostgreSQL, at the first time that one of them asks.
 *
 * The workers ask this process, over loopback and with a token, since the address that they get is
 * that of a superuser. What cannot be had is said to each who asks, so that no test is left out.
 */
import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { TestProject } from "vitest/node"
import { open, type TestDatabase } from "./TestDatabase.ts"

/** Where the workers ask. */
export interface Endpoint {
  readonly url: string
  readonly token: string
}

declare module "vitest" {
  interface ProvidedContext {
    readonly testPostgres: Endpoint
  }
}

/** Listens until the run is over; nothing is started yet. */
export const setup = async (
  project: Pick<TestProject, "provide">,
  environment: NodeJS.ProcessEnv = process.env
): Promise<() => Promise<void>> => {
  const token = randomBytes(18).toString("base64url")
  let opened: Promise<TestDatabase> | undefined
  const answer = async (response: ServerResponse): Promise<void> => {
    try {
      opened ??= first(environment)
      response.end((await opened).url)
    } catch (cause) {
      response.writeHead(503).end(cause instanceof Error ? cause.message : String(cause))
    }
  }
  const server = createServer((request, response) => {
    const knows = request.headers.authorization === `Bearer ${token}`
    // Kept open it might be closed just as somebody asks again.
    response.setHeader("connection", "close")
    if (knows) void answer(response)
    else response.writeHead(401).end("This is for the tests of this run")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  // As: it listens on a port.
  const { port } = server.address() as AddressInfo
  project.provide("testPostgres", { url: `http://127.0.0.1:${port}`, token })
  return async () => {
    server.close()
    server.closeAllConnections()
    // What did not open was said to those who asked.
    const database = await opened?.catch(() => undefined)
    await database?.close()
  }
}

const first = async (environment: NodeJS.ProcessEnv): Promise<TestDatabase> => {
  const database = await open(environment)
  console.log(`Tests use ${database.title}`)
  return database
}
