/**
 * Group commit: what an organization's callers want committed while one group of theirs is written
 * is the next group.
 *
 * Two groups of an organization are under way at most, one behind the other on one connection: while
 * the database writes one, the next is decided on. Where other processes write for the organization too,
 * the database has theirs to write meanwhile: then it is one group of all who come, for half as many
 * waits for the lock and for the disk. No timer waits, so one caller alone loses nothing:
 * who has been alone for a while does not even wait for the others of the same turn, and where one
 * comes after the other the event loop stays awake for the answers.
 * The line has an end: who comes when it is full is sent away at once, surely without having written
 * anything. Organizations take turns for the connections, and none waits for another's lock.
 *
 * @since 0.1.0
 */
import { availableParallelism } from "node:os"
import { Clock, Effect } from "effect"

import { type Driver, Lookout } from "@foreman/core"

import { cut, type Line, underway } from "./GroupLine.ts"
import { Shares, type Stretch, widened } from "./GroupShares.ts"
import { type Ticket, writeGroup, type WriteOptions } from "./GroupWrite.ts"
import { NotSent, StoreClosed } from "./PostgresFailure.ts"
import type { Lane } from "./PostgresLane.ts"

// models ----------------------------------------------------------------------

/**
 * How much a line takes.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Limits {
  /** How many batches of an organization are committed together at most: 64 unless said. */
  readonly groupLimit?: number
  /** How many batches may wait for their turn at most: 10,000 unless said. */
  readonly queueLimit?: number
  /**
   * How long the event loop stays awake for the answer to a caller who is alone and goes on without a
   * pause: 1 ms unless said, 0 on a machine with one core. It makes that caller faster by a tenth.
   */
  readonly awakeMilliseconds?: number
}

/**
 * A line of batches in front of the database.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface GroupOptions extends WriteOptions {
  readonly limits: Limits
  /** Whether the time of who commits is told to the database, which then takes it for its own. */
  readonly tellsTime: boolean
  /** Each writes for one organization at a time. */
  readonly lanes: ReadonlyArray<Lane>
  /** Hears how many are written together. */
  readonly measured: (size: number) => void
}

/**
 * What commits by getting in line.
 *
 * @category models
 * @since 0.1.0
 */
export interface Group {
  readonly commit: Driver.Driver["commit"]
  /** Takes nobody any more, and waits for those who stand in line. */
  readonly close: () => Promise<void>
}

// services --------------------------------------------------------------------

/**
 * An empty line.
 *
 * @category services
 * @since 0.1.0
 */
export const make = (options: GroupOptions): Group => {
  const crowd = new Crowd(options)
  return {
    commit: (batch) =>
      Clock.clockWith((clock) =>
        Effect.callback((resume) => {
          const refused = crowd.refusal()
          if (refused !== undefined) return resume(Effect.fail(options.failed(refused)))
          const at = options.tellsTime ? Number(clock.currentTimeNanosUnsafe() / 1000n) : undefined
          const ticket = { batch, resume, ...(at === undefined ? {} : { at }) }
          const line = crowd.join(ticket)
          return Effect.sync(() => crowd.leave(line, ticket))
        })
      ),
    close: () => crowd.close()
  }
}

// internal --------------------------------------------------------------------

/** Everybody who waits, by organization. */
class Crowd {
  readonly #options: GroupOptions
  readonly #groupLimit: number
  readonly #queueLimit: number
  readonly #stayAwake: () => void
  readonly #lines = new Map<string, Line>()
  readonly #shares = new Shares()
  readonly #free: Array<Lane>
  /** Those who wait for a lane, in their order. */
  readonly #turns = new Set<Line>()
  #waiting = 0
  #isScheduled = false
  /** How many groups in a row were one batch, with nobody beside it. */
  #lonely = 0
  /** When the last group was answered, in milliseconds. */
  #answeredAt = 0
  /** A group of one that the event loop stays awake for. */
  #one: ReadonlyArray<Ticket> | undefined
  #closed: (() => void) | undefined

  constructor(options: GroupOptions) {
    const { awakeMilliseconds = awake(), groupLimit = 64, queueLimit = 10_000 } = options.limits
    this.#options = options
    this.#groupLimit = groupLimit
    this.#queueLimit = queueLimit
    this.#free = [...options.lanes]
    this.#stayAwake = Lookout.vigil({
      milliseconds: awakeMilliseconds,
      isWaiting: () => this.#one !== undefined,
      turn: setImmediate
    })
  }

  /** Why nobody can come now. */
  refusal(): Error | undefined {
    if (this.#closed !== undefined) return new StoreClosed()
    const limit = this.#queueLimit
    return this.#waiting < limit ? undefined : new NotSent(new QueueFull(limit))
  }

  join(ticket: Ticket): Line {
    const { organization } = ticket.batch
    const line = this.#lines.get(organization) ?? {
      organization,
      tickets: [],
      sent: new Set(),
      lane: undefined,
      mayGo: false,
      seen: 0
    }
    this.#lines.set(organization, line)
    line.tickets.push(ticket)
    if (line.lane === undefined) this.#turns.add(line)
    this.#waiting += 1
    const isAlone = this.#waiting === 1 && this.#lines.size === 1 && line.sent.size === 0
    // One caller alone goes at once. Where others might come it is waited for those of the same turn.
    if (isAlone && this.#lonely >= lonely && !this.#isScheduled) this.#go()
    else this.#schedule()
    return line
  }

  /** Who gives up while still in line leaves it; later it is too late. */
  leave(line: Line, ticket: Ticket): void {
    const place = line.tickets.indexOf(ticket)
    if (place < 0) return
    line.tickets.splice(place, 1)
    this.#waiting -= 1
    this.#rest(line)
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#closed = resolve
      this.#rest()
    })
  }

  /** In the next turn of the event loop, so that callers woken by the last group join this one. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#go()
    })
  }

  #go(): void {
    for (const line of this.#turns) {
      const lane = this.#free.pop()
      if (lane === undefined) break
      this.#turns.delete(line)
      line.lane = lane
      line.mayGo = true
    }
    for (const line of this.#lines.values()) {
      // While others wait, one group a turn; else the next one is on its way before it is asked for.
      while (this.#mayGoOn(line)) void this.#send(line)
    }
  }

  #mayGoOn(line: Line): boolean {
    const { lane, mayGo, organization, sent, tickets } = line
    if (lane === undefined || tickets.length === 0 || sent.size >= 2) return false
    const isEnough = this.#shares.isShared(organization)
      ? this.#isGathered(line)
      : tickets.length >= underway(line) / 2
    // Who has a lane and nothing on it sends a group whoever waits, or nobody would give a lane back.
    return isEnough && (mayGo || sent.size === 0 || this.#turns.size === 0)
  }

  /** Whether all stand in line who come: until a turn brings nobody new. */
  #isGathered(line: Line): boolean {
    const { length } = line.tickets
    if (length >= this.#groupLimit || this.#lonely >= lonely) return true
    if (line.sent.size > 0) return false
    const isGrowing = length > line.seen
    line.seen = length
    if (isGrowing) this.#schedule()
    return !isGrowing
  }

  async #send(line: Line): Promise<void> {
    const { lane, organization, sent, tickets } = line
    if (lane === undefined) return
    line.mayGo = false
    line.seen = 0
    // Halves, so that one is decided on here while the other is written there.
    const half = Math.ceil((tickets.length + underway(line)) / 2)
    const most = this.#shares.isShared(organization) ? tickets.length : half
    const group = cut(tickets, Math.min(this.#groupLimit, most))
    this.#waiting -= group.length
    sent.add(group)
    const isAlone = group.length === 1 && sent.size === 1 && this.#lines.size === 1
    this.#lonely = isAlone ? this.#lonely + 1 : 0
    this.#options.measured(group.length)
    if (this.#lonely > lonely && performance.now() - this.#answeredAt < pause) {
      this.#one = group
      this.#stayAwake()
    }
    let stretch: Stretch | undefined
    const committed: GroupOptions["committed"] = (batch, answer) => {
      stretch = widened(stretch, batch, answer)
      this.#options.committed(batch, answer)
    }
    const isBusy = this.#lines.size > 1
    await writeGroup({ ...this.#options, committed }, { lane, group, isBusy })
    if (stretch !== undefined) this.#shares.wrote(organization, stretch)
    this.#answeredAt = performance.now()
    if (this.#one === group) this.#one = undefined
    sent.delete(group)
    if (sent.size === 0 && (tickets.length === 0 || this.#turns.size > 0)) {
      line.lane = undefined
      this.#free.push(lane)
      if (tickets.length > 0) this.#turns.add(line)
    }
    this.#rest(line)
  }

  #rest(line?: Line): void {
    if (line !== undefined && line.tickets.length === 0 && line.sent.size === 0) {
      this.#turns.delete(line)
      this.#lines.delete(line.organization)
      // The last one may have given up after its line was to go on with the lane that it had.
      if (line.lane !== undefined) this.#free.push(line.lane)
      line.lane = undefined
    }
    if (this.#lines.size > 0) this.#schedule()
    else this.#closed?.()
  }
}

/** Nothing was written, and it helps to come again. */
class QueueFull extends Error {
  override readonly name = "QueueFull"
  constructor(limit: number) {
    super(`${limit} batches are waiting already`)
  }
}

/** After so many groups of one it is one caller who waits for each answer. */
const lonely = 4

/** Who comes later than that has done something else meanwhile, and is not in such a hurry. */
const pause = 5

/** Two or three times what a commit takes on a good disk. */
const awake = (): number => (availableParallelism() > 1 ? 1 : 0)
