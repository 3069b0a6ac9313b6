/**
 * The handle of a node: it is started, asked, frozen, killed and ended here.
 *
 * @since 0.1.0
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { closeSync, openSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { PlainActor, Wire } from "@foreman/core"
import type { Claims, Contest, Reply, Request, Settings } from "./Protocol.ts"

// models ----------------------------------------------------------------------

/** What came of a request. `lost`: the node ended before it answered, or was silent for too long. */
export type Told =
  | { readonly _tag: "Answer"; readonly answer: Wire.Json }
  | { readonly _tag: "Refusal"; readonly code: string; readonly message: string }
  | { readonly _tag: "Lost"; readonly why: string }

/** A call of an operation. */
export interface Call {
  readonly name: string
  readonly input: Wire.Json
  readonly key?: string | undefined
  readonly actor?: PlainActor | undefined
}

/** An event that was handed to a follower. */
export interface Handed {
  readonly organization: string
  readonly position: number
  readonly cursor: string
}

/** A running node. */
export interface ForemanNode {
  readonly name: string
  readonly holder: string
  readonly isAlive: () => boolean
  readonly invoke: (call: Call) => Promise<Told>
  /** Follows an organisation until the node ends, which the promise tells. */
  readonly follow: (
    organization: string | undefined,
    after: string,
    handed: (item: Handed) => void
  ) => Promise<void>
  readonly claim: (claims: Claims) => Promise<Told>
  readonly contend: (contest: Contest) => Promise<Told>
  readonly freeze: () => void
  readonly thaw: () => void
  /** `kill -9`, and waits until it is gone. */
  readonly kill: () => Promise<void>
  /** Asks it to end, and kills it if it does not within fifteen seconds. */
  readonly end: () => Promise<void>
}

// operations ------------------------------------------------------------------

/** Why a request is lost that a living node did not answer in time. */
export const silent = "it was silent"

/** Starts a node and waits until it can be asked; within thirty seconds, or it is an error. */
export const start = async (settings: Settings): Promise<ForemanNode> => {
  const program = fileURLToPath(new URL("node.ts", import.meta.url))
  const log = openSync(join(settings.folder, `${settings.name}.log`), "a")
  const child = fork(program, [JSON.stringify(settings)], {
    stdio: ["ignore", log, log, "ipc"],
    serialization: "json"
  })
  closeSync(log)
  const gone = once(child, "exit")
  const waiting = listen(child)
  await ready(child, waiting)
  let last = 0
  const request = (millis: number, make: (id: number) => Request): Promise<Told> =>
    new Promise((resolve) => {
      last += 1
      const id = last
      const settle = (told: Told) => {
        clearTimeout(timer)
        waiting.delete(id)
        resolve(told)
      }
      const timer = setTimeout(() => settle({ _tag: "Lost", why: silent }), millis)
      waiting.set(id, (reply) => settle(toldOf(reply)))
      send(child, make(id), () => waiting.get(id)?.(undefined))
    })
  const kill = async () => {
    child.kill("SIGKILL")
    await gone
  }
  return {
    name: settings.name,
    holder: settings.holder,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    invoke: ({ actor, input, key, name }) =>
      request(answerMillis, (id) => ({ id, do: "invoke", name, input, key, actor })),
    follow: (organization, after, handed) =>
      new Promise((resolve) => {
        last += 1
        const id = last
        waiting.set(id, (reply) => {
          if (reply !== undefined && "position" in reply) return handed(reply)
          waiting.delete(id)
          return resolve()
        })
        const following: Request = { id, do: "follow", organization, after }
        send(child, following, () => waiting.get(id)?.(undefined))
      }),
    claim: (claims) => request(claimMillis, (id) => ({ id, do: "claim", claims })),
    contend: (contest) => request(claimMillis, (id) => ({ id, do: "contend", contest })),
    freeze: () => void child.kill("SIGSTOP"),
    thaw: () => void child.kill("SIGCONT"),
    kill,
    end: async () => {
      send(child, { id: 0, do: "end" }, () => {})
      const timer = setTimeout(() => child.kill("SIGKILL"), 15_000)
      await gone
      clearTimeout(timer)
    }
  }
}

// internal --------------------------------------------------------------------

/** Longer than any wait of Foreman's: who is silent for so long hangs, or is frozen. */
const answerMillis = 45_000
const claimMillis = 4 * 3_600_000

type Waiting = Map<number, (reply: Reply | undefined) => void>

const listen = (child: ChildProcess): Waiting => {
  const waiting: Waiting = new Map()
  child.on("message", (reply: Reply) => waiting.get(reply.id)?.(reply))
  child.once("exit", () => {
    for (const tell of waiting.values()) tell(undefined)
  })
  child.on("error", () => {})
  return waiting
}

const ready = (child: ChildProcess, waiting: Waiting) =>
  new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL")
      reject(new Error("a node was not ready within 30 s"))
    }, 30_000)
    waiting.set(0, (reply) => {
      clearTimeout(timer)
      waiting.delete(0)
      if (reply !== undefined && "ready" in reply) return resolve()
      const why = reply !== undefined && "broken" in reply ? reply.broken : "it ended"
      return reject(new Error(`a node could not start: ${why}`))
    })
  })

const send = (child: ChildProcess, request: Request, failed: () => void): void => {
  if (!child.connected) return failed()
  child.send(request, (error) => {
    if (error !== null) failed()
  })
}

const toldOf = (reply: Reply | undefined): Told => {
  if (reply === undefined) return { _tag: "Lost", why: "the node is gone" }
  if ("answer" in reply) return { _tag: "Answer", answer: reply.answer }
  if ("refusal" in reply) return { _tag: "Refusal", ...reply.refusal }
  return { _tag: "Lost", why: "error" in reply ? reply.error : "it said something else" }
}
