/**
 * Plays scenarios one after the other, each with a store and a folder of its own, and leaves nothing
 * behind: what went wrong keeps its folder.
 *
 * @since 0.1.0
 */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startPostgres } from "../../tooling/src/postgres/PostgresServer.ts"
import * as Random from "./Random.ts"
import type { Outcome, Stage } from "./Scenario.ts"

// models ----------------------------------------------------------------------

/** The stores that scenarios are played on. */
export type StoreName = "sqlite" | "postgres"

/** Something that is broken. */
export interface Scenario {
  readonly name: string
  readonly stores: ReadonlyArray<StoreName>
  readonly seconds: { readonly short: number; readonly long: number }
  readonly run: (stage: Stage) => Promise<Outcome>
}

/** What is played, and who is told. */
export interface Options {
  readonly seed: number
  readonly isShort: boolean
  readonly seconds: number | undefined
  readonly dispatches: number
  readonly names: ReadonlyArray<string> | undefined
  readonly store: StoreName | undefined
  readonly tell: (played: Played) => void
  readonly say: (line: string) => void
}

/** A scenario that was played. */
export interface Played {
  readonly name: string
  readonly store: StoreName
  readonly seconds: number
  readonly outcome: Outcome
}

// operations ------------------------------------------------------------------

/** Plays what was asked for: one after the other, or two at a time in the short form. */
export const playAll = async (
  scenarios: ReadonlyArray<Scenario>,
  options: Options
): Promise<ReadonlyArray<Played>> => {
  const rest = scenarios
    .filter(({ name }) => options.names?.includes(name) !== false)
    .flatMap((scenario) => scenario.stores.map((store) => ({ scenario, store })))
    .filter(({ store }) => options.store === undefined || options.store === store)
    .values()
  const played: Array<Played> = []
  const play = async () => {
    for (const { scenario, store } of rest) {
      const one = await playOne(scenario, store, options)
      options.tell(one)
      played.push(one)
    }
  }
  await Promise.all(options.isShort ? [play(), play()] : [play()])
  return played
}

// internal --------------------------------------------------------------------

const playOne = async (scenario: Scenario, store: StoreName, options: Options): Promise<Played> => {
  const { dispatches, isShort, say, seed } = options
  const { name } = scenario
  const folder = await mkdtemp(join(tmpdir(), `foreman-chaos-${name}-`))
  const begun = performance.now()
  const server = store === "postgres" ? await startPostgres() : undefined
  try {
    const address = server?.url ?? `sqlite:${join(folder, "foreman.db")}`
    const outcome = await scenario.run({
      folder,
      isShort,
      dispatches,
      say,
      random: Random.make(seed).fork(`${name}/${store}`),
      seconds: options.seconds ?? scenario.seconds[isShort ? "short" : "long"],
      store: address,
      direct: address,
      server
    })
    if (outcome.violations.length === 0) await rm(folder, { recursive: true, force: true })
    else say(`${name} on ${store} keeps ${folder}`)
    const seconds = Math.round((performance.now() - begun) / 100) / 10
    return { name, store, seconds, outcome }
  } finally {
    await server?.stop()
  }
}
