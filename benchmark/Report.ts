/**
 * What a benchmark says: the figures of the machine, a table, and whether the target was met.
 *
 * @since 0.1.0
 */
import { availableParallelism, cpus } from "node:os"
import { parseArgs } from "node:util"
import type { Series, Spread } from "./Rounds.ts"

// models ----------------------------------------------------------------------

/** How a benchmark is run. */
export interface Options {
  readonly isShort: boolean
  readonly isJson: boolean
  /** Rounds after the one that warms up. */
  readonly rounds: number
}

/** A table of variants that were measured in the same rounds. */
export interface Table {
  readonly name: string
  readonly series: ReadonlyArray<Series>
}

/** A ratio of a variant to the first one of its table, and its bound. */
export interface Target {
  readonly table: string
  readonly variant: string
  readonly figure: string
  readonly bound: "at least" | "at most"
  readonly ratio: number
}

/** All that a benchmark says. */
export interface Report {
  readonly title: string
  readonly compares: string
  readonly comparesNot: string
  /** Milliseconds that this disk takes to make 4 KiB durable. */
  readonly fdatasync: Spread
  readonly targets: ReadonlyArray<Target>
  readonly tables: ReadonlyArray<Table>
}

// operations ------------------------------------------------------------------

/** Reads the arguments of the program. */
export const options = (): Options => {
  const { json: isJson = false, short: isShort = false } = parseArgs({
    options: { json: { type: "boolean" }, short: { type: "boolean" } }
  }).values
  return { isJson, isShort, rounds: isShort ? 3 : 7 }
}

/** Prints a report, as tables or as one line of JSON. */
export const print = (report: Report, { isJson, rounds }: Options): void => {
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: availableParallelism() }
  const verdicts = report.targets.map((target) => verdictOf(report, target))
  if (isJson) return console.log(JSON.stringify({ ...report, machine, rounds, verdicts }))
  const { compares, comparesNot, fdatasync, tables, title } = report
  console.log(`\n# ${title}\n`)
  console.log(`Compares ${compares}\nDoes not compare ${comparesNot}\n`)
  console.log(`Node ${machine.node}, ${machine.cores} cores, ${rounds} rounds.`)
  console.log(`4 KiB and fdatasync take ${shown(fdatasync)} ms on this disk.\n`)
  for (const table of tables) console.log(`${linesOf(table).join("\n")}\n`)
  for (const { is, measured, target } of verdicts) {
    const { bound, figure, ratio, table, variant } = target
    console.log(
      `${is}: ${variant}, ${table}, ${figure}: ${shown(measured)}x, wanted ${bound} ${ratio}x`
    )
  }
}

// internal --------------------------------------------------------------------

const verdictOf = ({ tables }: Report, target: Target) => {
  const { bound, figure, ratio, table, variant } = target
  const series = tables.find(({ name }) => name === table)?.series
  const measured = series?.find(({ name }) => name === variant)?.ratios[figure]
  if (measured === undefined) throw new Error(`${variant} has no ${figure} in ${table}`)
  const isMet = bound === "at least" ? measured.median >= ratio : measured.median <= ratio
  return { target, measured, is: isMet ? "met" : "missed" }
}

const linesOf = ({ name, series }: Table): ReadonlyArray<string> => {
  const names = Object.keys(series[0]?.figures ?? {})
  const row = (cells: ReadonlyArray<string>) => `| ${cells.join(" | ")} |`
  return [
    row([name, ...names.flatMap((figure) => [figure, "ratio"])]),
    row(["---", ...names.flatMap(() => ["---:", "---:"])]),
    ...series.map(({ figures, name, ratios }) =>
      row([name, ...names.flatMap((figure) => [shown(figures[figure]), shown(ratios[figure])])])
    )
  ]
}

const shown = (spread: Spread | undefined): string =>
  spread === undefined
    ? ""
    : `${brief(spread.median)} (${brief(spread.least)}-${brief(spread.most)})`

const brief = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(value >= 10 ? 3 : 2)
