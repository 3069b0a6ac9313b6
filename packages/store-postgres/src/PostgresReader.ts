/**
 * Short reads on a few connections that never wait for an answer before they send the next question.
 *
 * A question that comes while nothing is asked goes at once, before whatever else the turn of the event
 * loop has to do. What is asked in one turn while another question is under way is one transaction for
 * each organization. That costs half of what a connection per question costs, on both sides. A question
 * that fails ends its transaction, so those behind it are asked again.
 *
 * One that is asked at a hint may go where that came from. If that connection breaks it is asked as if it
 * had never been.
 *
 * @since 0.1.0
 */
import type pg from "pg"

import { stateOf, StoreClosed } from "./PostgresFailure.ts"
import { Lane } from "./PostgresLane.ts"
import type { Statement } from "./PostgresPlans.ts"
import { type Outcome, type RawRow, readAll, type Scope } from "./PostgresRead.ts"

// models ----------------------------------------------------------------------

/**
 * Who reads.
 *
 * @category models
 * @since 0.1.0
 */
export interface Reader {
  readonly read: (scope: Scope, statement: Statement) => Promise<ReadonlyArray<RawRow>>
  /** Waits for what was asked, and closes all connections. Who comes later is refused. */
  readonly close: () => Promise<void>
}

/**
 * How many connections read, and how one is opened.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface ReaderOptions {
  readonly connections: number
  readonly connect: () => Promise<pg.Client>
  /** Asks where a hint has just come from; nothing where none has. */
  readonly askAtHint?: (scope: Scope, statement: Statement) => Promise<Outcome> | undefined
}

// services --------------------------------------------------------------------

/**
 * Opens connections when they are needed.
 *
 * @category operations
 * @since 0.1.0
 */
export const make = (options: ReaderOptions): Reader => {
  const lanes = Array.from({ length: options.connections }, () => new Lane(options.connect))
  const waiting = new Map<string, Waiting>()
  const atHints = new Set<Promise<void>>()
  let isScheduled = false
  let isClosed = false
  const flush = () => {
    isScheduled = false
    const all = [...waiting.values()]
    waiting.clear()
    for (const { scope, questions } of all) {
      for (let from = 0; from < questions.length; from += mostTogether) {
        const lane = lanes.reduce((best, next) => (next.load < best.load ? next : best))
        void ask(lane, scope, questions.slice(from, from + mostTogether))
      }
    }
  }
  const put = (scope: Scope, question: Question) => {
    const [lane] = lanes
    if (lane !== undefined && !isScheduled && lanes.every(({ load }) => load === 0)) {
      void ask(lane, scope, [question])
      return
    }
    const key = "role" in scope ? `role ${scope.role}` : `of ${scope.organization}`
    const known = waiting.get(key) ?? { scope, questions: [] }
    known.questions.push(question)
    waiting.set(key, known)
    if (isScheduled) return
    isScheduled = true
    setImmediate(flush)
  }
  const askAtHint = async (answer: Promise<Outcome>, scope: Scope, question: Question) => {
    const asked = performance.now()
    const outcome = await answer.catch((cause): Outcome => ({ _tag: "Failed", cause }))
    const isCut = outcome._tag === "Failed" && isBroken(outcome.cause)
    // One that has waited its time is not asked to wait again.
    if (isCut && performance.now() - asked < soonMilliseconds) put(scope, question)
    else if (!settle(question, outcome)) put(scope, question)
  }
  return {
    read: (scope, statement) =>
      new Promise((resolve, reject) => {
        if (isClosed) {
          reject(new StoreClosed())
          return
        }
        const question = { statement, resolve, reject }
        const answer = options.askAtHint?.(scope, statement)
        if (answer === undefined) {
          put(scope, question)
          return
        }
        const asking = askAtHint(answer, scope, question).finally(() => atHints.delete(asking))
        atHints.add(asking)
      }),
    close: async () => {
      isClosed = true
      // What did not succeed there is asked here.
      await Promise.all(atHints)
      if (isScheduled) flush()
      await Promise.all(lanes.map((lane) => lane.close()))
    }
  }
}

// internal --------------------------------------------------------------------

/** A connection that breaks does so at once, or somebody waits for a server that says nothing. */
const soonMilliseconds = 1_000

/** Whether it failed for its connection. */
const isBroken = (cause: unknown): boolean => /^(08|57P)/.test(stateOf(cause) ?? "08")

/** So few that nobody waits long behind the others. */
const mostTogether = 16

interface Question {
  readonly statement: Statement
  readonly resolve: (rows: ReadonlyArray<RawRow>) => void
  readonly reject: (cause: unknown) => void
}

interface Waiting {
  readonly scope: Scope
  readonly questions: Array<Question>
}

const ask = async (lane: Lane, scope: Scope, questions: ReadonlyArray<Question>): Promise<void> => {
  let left = questions
  try {
    await lane.use(questions.length, async (client) => {
      // Each time at least one is answered, or all that was planned is planned again.
      for (let tries = 0; left.length > 0 && tries <= questions.length + 1; tries += 1) {
        const outcomes = await readAll(
          client,
          scope,
          left.map(({ statement }) => statement)
        )
        left = left.filter((question, place) => !settle(question, outcomes[place]))
      }
    })
    for (const { reject } of left) reject(new Error("The database gave no answer"))
  } catch (cause) {
    for (const { reject } of left) reject(cause)
  }
}

/** Whether the question is answered, one way or the other. */
const settle = ({ reject, resolve }: Question, outcome: Outcome | undefined): boolean => {
  if (outcome === undefined || outcome._tag === "Skipped") return false
  if (outcome._tag === "Rows") resolve(outcome.rows)
  else reject(outcome.cause)
  return true
}
