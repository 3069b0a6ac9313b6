/**
 * Where answers go: to a person at a terminal, or to a pipe, a file or another program.
 *
 * Colours, tables and progress are for terminals. What is stored is shown without what could steer a
 * terminal: its control characters stand there as their names.
 */
import { stripVTControlCharacters } from "node:util"

// models ----------------------------------------------------------------------

/** The colours in use, by what they say. */
export type Tone = "good" | "bad" | "busy" | "waiting" | "faint" | "title"

/** A place to write to. */
export interface Terminal {
  /** Writes to stdout, and waits until the reader keeps up. */
  readonly out: (text: string) => Promise<void>
  /** Writes to stderr. */
  readonly err: (text: string) => void
  readonly isTerminal: boolean
  readonly width: number
  readonly paint: (tone: Tone, text: string) => string
}

/** What a terminal is made of. */
export interface Options {
  readonly stdout: NodeJS.WriteStream
  readonly stderr: NodeJS.WriteStream
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What flags said; the environment decides otherwise. */
  readonly hasColour?: boolean | undefined
}

// services --------------------------------------------------------------------

/** The terminal of a process. A reader that goes away ends the process quietly. */
export const make = ({ environment, hasColour, stderr, stdout }: Options): Terminal => {
  const isTerminal = stdout.isTTY
  const isColoured = hasColour ?? (isTerminal && allowsColour(environment))
  return {
    isTerminal,
    width: widthOf(stdout, environment),
    paint: (tone, text) =>
      isColoured && text !== "" ? `\u001B[${tones[tone]}m${text}\u001B[0m` : text,
    out: (text) =>
      new Promise((resolve, reject) => {
        stdout.write(text, (error) => (error ? reject(error) : resolve()))
      }),
    err: (text) => void stderr.write(text)
  }
}

// rules -----------------------------------------------------------------------

/** Whether colours are wanted: <https://no-color.org>, and terminals that have none. */
export const allowsColour = (environment: Options["environment"]): boolean =>
  (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb"

/** Text as it can be shown on a line: what steers terminals, and line breaks, as signs of their own. */
export const inLine = (text: string): string =>
  text.replaceAll(/[\n\r\t]+/g, " ").replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, signOf)

/** The same for text that may have lines. */
export const inLines = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, signOf)

/** How many columns a text takes. */
export const columnsOf = (text: string): number => {
  let columns = 0
  for (const { segment } of segmenter.segment(stripVTControlCharacters(text))) {
    columns += isWide(segment) ? 2 : 1
  }
  return columns
}

/** A text in at most so many columns; what is cut off shows as an ellipsis. */
export const cut = (text: string, columns: number): string => {
  if (columnsOf(text) <= columns) return text
  let kept = ""
  let room = columns - 1
  for (const { segment } of segmenter.segment(text)) {
    room -= isWide(segment) ? 2 : 1
    if (room < 0) break
    kept += segment
  }
  return `${kept}…`
}

// internal --------------------------------------------------------------------

const tones: Readonly<Record<Tone, string>> = {
  good: "32",
  bad: "31",
  busy: "36",
  waiting: "33",
  faint: "2",
  title: "1"
}

const segmenter = new Intl.Segmenter()

const isWide = (segment: string): boolean =>
  /[\p{Emoji_Presentation}\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6\u{20000}-\u{3FFFD}]/u.test(
    segment
  )

const signOf = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  return code < 0x20 ? String.fromCodePoint(0x2400 + code) : "�"
}

const widthOf = (stdout: NodeJS.WriteStream, environment: Options["environment"]): number => {
  const wished = Number(environment["COLUMNS"])
  const columns = stdout.columns > 0 ? stdout.columns : wished
  return Number.isInteger(columns) && columns >= 20 ? columns : 80
}
