/**
 * What the demo shows: a line for each thing that happens, and a table at the end. Colours only on a
 * terminal.
 */
import { styleText } from "node:util"

type Style = Parameters<typeof styleText>[0]

const isTerminal = process.stdout.isTTY && process.env["NO_COLOR"] === undefined

export const paint = (style: Style, text: string): string =>
  isTerminal ? styleText(style, text) : text

const started = performance.now()

/** A line with the seconds since the start before it. */
export const say = (text: string): void => {
  const seconds = ((performance.now() - started) / 1000).toFixed(1).padStart(5)
  process.stdout.write(`${paint("dim", `${seconds}s`)}  ${text}\n`)
}

/** Rows under a heading, every column as wide as its widest cell. */
export const table = (
  heading: ReadonlyArray<string>,
  rows: ReadonlyArray<ReadonlyArray<string>>
): string => {
  const widths = heading.map((word, column) =>
    Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0))
  )
  const line = (cells: ReadonlyArray<string>) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()
  return [paint("bold", line(heading)), ...rows.map(line)].join("\n")
}
