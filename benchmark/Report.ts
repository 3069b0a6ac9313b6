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

/**
 * A bound for a variant's figure: for its ratio to the first variant of its table, for how much it
 * is beyond that one's, or for itself.
 */
export type Target = {
  readonly table: string
  readonly variant: string
  readonly figure: string
  readonly bound: "at least" | "at most"
} & Readonly<Record<"ratio", number> | Record<"beyond", number> | Record<"value", number>>

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
    const { bound, figure, table, variant } = target
    const { unit, wanted } = wantedOf(target)
    const seen = `${variant}, ${table}, ${figure}: ${shown(measured)}${unit}`
    console.log(`${is}: ${seen}, wanted ${bound} ${wanted}${unit}`)
  }
}

// internal --------------------------------------------------------------------

const verdictOf = ({ tables }: Report, target: Target) => {
  const { bound, figure, table, variant } = target
  const [first, ...others] = tables.find(({ name }) => name === table)?.series ?? []
  const series = others.find(({ name }) => name === variant)
  const base = first?.figures[figure]
  const own = series?.figures[figure]
  const ratio = series?.ratios[figure]
  if (base === undefined || own === undefined || ratio === undefined) {
    throw new Error(`${variant} has no ${figure} in ${table}`)
  }
  const { wanted } = wantedOf(target)
  const beyond = "beyond" in target ? less(own, base.median) : own
  const measured = "ratio" in target ? ratio : beyond
  const isMet = bound === "at least" ? measured.median >= wanted : measured.median <= wanted
  return { target, measured, is: isMet ? "met" : "missed" }
}

const wantedOf = (target: Target): { readonly wanted: number; readonly unit: string } => {
  if ("ratio" in target) return { wanted: target.ratio, unit: "x" }
  return "beyond" in target
    ? { wanted: target.beyond, unit: " beyond" }
    : { wanted: target.value, unit: "" }
}

const less = ({ least, median, most }: Spread, by: number): Spread => ({
  median: median - by,
  least: least - by,
  most: most - by
})

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
  // What the first variant has none of has no ratio.
  spread === undefined || !Number.isFinite(spread.median)
    ? ""
    : `${brief(spread.median)} (${brief(spread.least)}-${brief(spread.most)})`

const brief = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en") : value.toPrecision(value >= 10 ? 3 : 2)
