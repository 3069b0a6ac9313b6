/**
 * What a model server was asked: kept up to a limit, and to be waited for.
 *
 * @since 0.1.0
 */
import { Effect, Option } from "effect"
import { type Exchange, type ModelServer, NeverAsked } from "../ModelServer.ts"

// services --------------------------------------------------------------------

/** The book of one server. */
export class ExchangeBook {
  readonly #limit: number
  readonly #kept = new Map<number, Exchange>()
  readonly #watchers = new Set<() => void>()
  #count = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get all(): ReadonlyArray<Exchange> {
    return [...this.#kept.values()]
  }

  open(asked: Pick<Exchange, "method" | "path" | "headers">): number {
    const number = ++this.#count
    const answer = { request: undefined, answeredBy: undefined, status: undefined } as const
    this.#kept.set(number, { number, ...asked, ...answer, body: null, end: "open" })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > this.#limit && oldest !== undefined) this.#kept.delete(oldest)
    this.#tell()
    return number
  }

  note(number: number, facts: Partial<Exchange>): void {
    const known = this.#kept.get(number)
    if (known === undefined) return
    this.#kept.set(number, { ...known, ...facts })
    this.#tell()
  }

  readonly until: ModelServer["until"] = (
    holds,
    { what = "what the test waits for", within = "10 seconds" } = {}
  ) =>
    Effect.callback<ReadonlyArray<Exchange>>((resume) => {
      const look = () => {
        const { all } = this
        if (!holds(all)) return
        this.#watchers.delete(look)
        resume(Effect.succeed(all))
      }
      this.#watchers.add(look)
      look()
      return Effect.sync(() => this.#watchers.delete(look))
    }).pipe(
      Effect.timeoutOption(within),
      Effect.flatMap(
        Option.match({
          onNone: () => Effect.fail(new NeverAsked({ what, exchanges: this.all })),
          onSome: Effect.succeed
        })
      )
    )

  #tell(): void {
    for (const watcher of this.#watchers) watcher()
  }
}
