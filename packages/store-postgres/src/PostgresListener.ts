/**
 * Hints that something was committed: by this process at once, by others as the database tells it.
 *
 * One connection listens, from the first who follows on: whoever is told of each commit is woken by
 * it. It is asked once a second where the organizations stand: so a connection that has gone deaf is
 * noticed, and what was not heard is found. When it breaks, another one is opened, at first at once
 * and then more and more seldom.
 *
 * Who hears a hint mostly asks for something at once. The server's process that has told of it is awake,
 * and any other one would have to be woken, so the first question of that turn is asked there.
 *
 * @since 0.1.0
 */
import type pg from "pg"

import type { Driver } from "@foreman/core"

import { Places } from "./PostgresPlaces.ts"
import { named, type Statement } from "./PostgresPlans.ts"
import { end, keepAlive } from "./PostgresPool.ts"
import { type Outcome, read, readAll, type Scope } from "./PostgresRead.ts"
import type { Seal } from "./PostgresSeal.ts"

// models ----------------------------------------------------------------------

/**
 * A listener.
 *
 * @category models
 * @since 0.1.0
 */
export interface Listener {
  /** This process has committed: there is no need to be told. */
  readonly committed: (hint: Driver.Hint) => void
  /** Somebody follows: from now on others' commits are of interest. */
  readonly begin: () => void
  /**
   * Asks on the connection on which a hint has come in this turn of the event loop; nothing where none
   * has, or where that connection was asked already.
   */
  readonly ask: (scope: Scope, statement: Statement) => Promise<Outcome> | undefined
  readonly stop: () => Promise<void>
}

/**
 * How it listens.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface ListenerOptions {
  /** Opens a connection that sends a question before the one ahead of it is answered. */
  readonly connect: () => Promise<pg.Client>
  /** The role that may ask where all organizations stand. */
  readonly reactor: string
  readonly publish: (hint: Driver.Hint) => void
  /** Opens what others have said. */
  readonly seal: Pick<Seal, "open">
  /** How often it looks by itself. */
  readonly pollMilliseconds: number
}

// services --------------------------------------------------------------------

/**
 * Listens from when it is told to until it is stopped, by the real clock, and keeps no process alive.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (options: ListenerOptions): Listener => {
  const places = new Places()
  const waits = new Waits()
  const ear = new Ear()
  const state = { isStopped: false }
  let current: pg.Client | undefined
  const run = async () => {
    let pause = firstPause
    while (!state.isStopped) {
      try {
        current = await options.connect()
        if (state.isStopped) break
        pause = firstPause
        await follow(current, { ...options, places, waits, ear, state })
      } catch {
        // It is the database that is away, or the way to it: whoever asks for something is told.
      }
      if (current !== undefined) await end(current)
      current = undefined
      if (!state.isStopped) await waits.pause(pause)
      pause = Math.min(pause * 2, lastPause)
    }
    if (current !== undefined) await end(current)
  }
  let running: Promise<void> | undefined
  return {
    committed: (hint) => {
      if (places.committed(hint)) options.publish(hint)
    },
    ask: (scope, statement) => ear.ask(scope, statement),
    begin: () => {
      if (!state.isStopped) running ??= run()
    },
    stop: async () => {
      state.isStopped = true
      waits.stop()
      // Nobody waits for what is asked there any more.
      if (current !== undefined) await end(current, stopMilliseconds)
      await running
    }
  }
}

// internal --------------------------------------------------------------------

const stopMilliseconds = 250
const firstPause = 50
const lastPause = 2_000

interface Following extends ListenerOptions {
  readonly places: Places
  readonly waits: Waits
  readonly ear: Ear
  readonly state: { readonly isStopped: boolean }
}

/** Until the connection breaks or there is no wish for it any more. */
const follow = async (client: pg.Client, options: Following): Promise<void> => {
  const { ear, places, pollMilliseconds, publish, reactor, seal, state, waits } = options
  const link = { isBroken: false }
  const broken = () => {
    link.isBroken = true
    waits.wake()
  }
  client.on("error", broken)
  client.on("end", broken)
  keepAlive(client, false)
  client.on("notification", ({ payload }) => {
    const told = toldIn(payload)
    if (told === undefined) return
    ear.heard(client)
    if (places.notified(told)) publish(opened(told, seal))
  })
  await client.query("LISTEN foreman")
  // Store time is the server's, so what is looked for are commits of the last minute, or all at first.
  let since = 0
  while (!link.isBroken && !state.isStopped) {
    const rows = await read(client, { role: reactor }, named(headsText, [since]))
    for (const { at, organization, position } of rows) {
      const hint = { organization: String(organization), position: Number(position) }
      if (places.found(hint)) publish(hint)
      since = Math.max(since, Number(at) - slackMicros)
    }
    if (!link.isBroken && !state.isStopped) await waits.pause(pollMilliseconds)
  }
}

const headsText =
  "SELECT organization, position, at FROM foreman.heads WHERE at > $1 AND position > 0"

/** A commit gets its time before it is seen: as long before as a statement may last. */
const slackMicros = 60_000_000

/** What somebody said. */
interface Told extends Driver.Hint {
  readonly sealed: unknown
}

const toldIn = (payload: string | undefined): Told | undefined => {
  try {
    const told: unknown = JSON.parse(payload ?? "")
    if (!Array.isArray(told)) return undefined
    const [organization, position, sealed]: ReadonlyArray<unknown> = told
    return typeof organization === "string" && typeof position === "number"
      ? { organization, position, sealed }
      : undefined
  } catch {
    // Anybody may say something on the channel.
    return undefined
  }
}

/** Whoever can seal may write rows too, so what opens is true. */
const opened = (
  { organization, position, sealed }: Told,
  seal: Pick<Seal, "open">
): Driver.Hint => {
  const news = typeof sealed === "string" ? seal.open(organization, sealed) : undefined
  return { organization, position, news }
}

/** The connection that has just told of something. */
class Ear {
  #client: pg.Client | undefined
  /** How much waits for an answer, by connection. */
  readonly #asked = new WeakMap<pg.Client, number>()
  heard(client: pg.Client): void {
    this.#client = client
    setImmediate(() => {
      if (this.#client === client) this.#client = undefined
    })
  }
  ask(scope: Scope, statement: Statement): Promise<Outcome> | undefined {
    const client = this.#client
    if (client === undefined) return undefined
    this.#client = undefined
    return this.#ask(client, scope, statement)
  }
  async #ask(client: pg.Client, scope: Scope, statement: Statement): Promise<Outcome> {
    this.#count(client, 1)
    try {
      const [outcome] = await readAll(client, scope, [statement])
      return outcome ?? { _tag: "Skipped" }
    } finally {
      this.#count(client, -1)
    }
  }
  #count(client: pg.Client, more: 1 | -1): void {
    const asked = (this.#asked.get(client) ?? 0) + more
    this.#asked.set(client, asked)
    keepAlive(client, asked > 0)
  }
}

/** Pauses that can be cut short. */
class Waits {
  #wake: () => void = () => undefined
  #isStopped = false
  pause(milliseconds: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds)
      timer.unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
  wake(): void {
    this.#wake()
  }
  stop(): void {
    this.#isStopped = true
    this.#wake()
  }
}
