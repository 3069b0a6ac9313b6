/**
 * The clients of a run: they command, look and follow, through whichever node lives, and write down
 * what they were told. An answer that is lost is asked for again under its key.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import type { PlainActor, Wire } from "@foreman/core"
import { type Call, type Handed, silent, type Told } from "./ForemanNode.ts"
import * as History from "./History.ts"
import { type Nodes, pause } from "./Nodes.ts"
import type { Random } from "./Random.ts"

// models ----------------------------------------------------------------------

/** What a client wishes. */
export interface Wish {
  readonly name: string
  readonly writes: string
  readonly input: Wire.Json
  readonly task?: number
  readonly actor?: PlainActor
}

/** A client with a name. Its keys are its name and a number. */
export interface Client {
  readonly name: string
  readonly random: Random
  /** Gives the answer, if it was acknowledged. */
  readonly command: (wish: Wish) => Promise<Wire.Json | undefined>
  readonly look: (task: number) => Promise<void>
}

/** All that the clients of a run wrote down. */
export interface Clients {
  readonly make: (name: string) => Client
  /** Follows an organisation alone, or among all, across the ends of nodes. */
  readonly follow: (name: string, organization: string, isAmongAll: boolean) => void
  readonly commands: () => ReadonlyArray<History.Command>
  readonly reads: () => ReadonlyArray<History.Read>
  readonly followed: () => ReadonlyArray<History.Followed>
  /** Answers that a living node did not give in time. */
  readonly silences: () => number
  /** Nobody follows on. */
  readonly stop: () => void
}

// operations ------------------------------------------------------------------

/** Makes the clients of a run. */
export const make = (nodes: Nodes, { folder, givesUp = 15, random }: Options): Clients => {
  const notes: Notes = { commands: [], reads: [], followed: [], silences: 0 }
  const over = new AbortController()
  const means = { nodes, notes, file: join(folder, "history.jsonl"), givesUp }
  return {
    make: (name) => makeClient(means, name, random.fork(name)),
    follow: (follower, organization, isAmongAll) => {
      const following = { follower, organization, isAmongAll, over: over.signal }
      // Whoever could follow no more ends too early, which the checker sees.
      follow(means, following, random.fork(follower)).catch(() => {})
    },
    commands: () => notes.commands,
    reads: () => notes.reads,
    followed: () => notes.followed,
    silences: () => notes.silences,
    stop: () => over.abort()
  }
}

/** Where a run writes, and what decides it. */
export interface Options {
  readonly folder: string
  readonly random: Random
  /** How often a client does not ask again for what it does not know, of 100 times. */
  readonly givesUp?: number
}

/** A field of an answer. */
export const fieldOf = (answer: Wire.Json | undefined, name: string): Wire.Json | undefined =>
  // As: answers of operations are objects.
  (answer as Readonly<Record<string, Wire.Json>> | undefined)?.[name]

// internal --------------------------------------------------------------------

/** After these nobody knows whether it was written. */
const unsure = new Set(["Lost", "Busy", "StoreUnavailable"])

interface Notes {
  readonly commands: Array<History.Command>
  readonly reads: Array<History.Read>
  readonly followed: Array<History.Followed>
  silences: number
}

interface Means {
  readonly nodes: Nodes
  readonly notes: Notes
  readonly file: string
  readonly givesUp: number
}

const ask = async ({ nodes, notes }: Means, random: Random, call: Call): Promise<Told> => {
  const node = await nodes.some(random)
  const told = await node.invoke(call)
  if (told._tag === "Lost" && told.why === silent) notes.silences += 1
  return told
}

/** Asks until there is an answer, under one key, or gives up. */
const attempt = async (means: Means, random: Random, call: Call) => {
  for (let tries = 1; ; tries++) {
    const told = await ask(means, random, call)
    if (told._tag === "Answer") return { outcome: "ok", tries, answer: told.answer } as const
    const code = told._tag === "Refusal" ? told.code : "Lost"
    if (!unsure.has(code)) return { outcome: "fail", tries, code } as const
    const isEnough = tries >= 30 || random.below(100) < means.givesUp
    if (isEnough) return { outcome: "info", tries, code } as const
    await pause(20 + random.below(200))
  }
}

const makeClient = (means: Means, name: string, random: Random): Client => {
  const { file, notes } = means
  let count = 0
  return {
    name,
    random,
    command: async ({ task, writes, ...call }) => {
      count += 1
      const key = `${name}-${count}`
      const invoked = History.now()
      const { answer, ...how } = {
        answer: undefined,
        ...(await attempt(means, random, { ...call, key }))
      }
      const when = { invoked, returned: History.now() }
      const what = { client: name, key, name: call.name, writes, task }
      const command: History.Command = { kind: "command", ...what, ...when, ...how }
      notes.commands.push(command)
      History.append(file, [command])
      return answer
    },
    look: async (task) => {
      const invoked = History.now()
      const told = await ask(means, random, { name: "get_task", input: { task_id: task } })
      if (told._tag !== "Answer") return
      const title = String(fieldOf(told.answer, "title"))
      const returned = History.now()
      const read: History.Read = { kind: "read", client: name, task, title, invoked, returned }
      notes.reads.push(read)
      History.append(file, [read])
    }
  }
}

interface Following {
  readonly follower: string
  readonly organization: string
  readonly isAmongAll: boolean
  readonly over: AbortSignal
}

const follow = async (
  { nodes, notes }: Means,
  { follower, isAmongAll, organization, over }: Following,
  random: Random
) => {
  const positions: Array<number> = []
  notes.followed.push({ follower, positions })
  let after = "0"
  const take = (item: Handed) => {
    after = item.cursor
    if (item.organization === organization) positions.push(item.position)
  }
  while (!over.aborted) {
    const node = await nodes.some(random)
    await node.follow(isAmongAll ? undefined : organization, after, take)
    await pause(50)
  }
}
