/**
 * What has changed from one text to another, as a unified diff with three lines of context.
 *
 * The work is bounded whatever the texts are: where finding the least change would take too long, a
 * stretch of lines is shown as replaced. What is shown always leads from the one text to the other.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/**
 * A text and what its header calls it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Side {
  readonly id: string
  readonly text: string
}

// rules -----------------------------------------------------------------------

/**
 * The unified diff of two texts, empty for equal ones. A last line without an end is given one.
 *
 * **Example** (One line has changed)
 *
 * ```ts import.meta.vitest
 * import { ArtifactDiff } from "@foreman/core"
 *
 * ArtifactDiff.unified({ id: "1", text: "a\nb\n" }, { id: "2", text: "a\nc" }).split("\n")
 * // => ["--- previous:1", "+++ current:2", "@@ -1,2 +1,2 @@", " a", "-b", "+c", ""]
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const unified = (previous: Side, current: Side): string => {
  const [before, after] = [linesOf(previous.text), linesOf(current.text)]
  const changes = changesOf(numbered(before, after))
  if (changes.length === 0) return ""
  const lines = [`--- previous:${previous.id}`, `+++ current:${current.id}`]
  for (const hunk of hunksOf(changes)) writeHunk(lines, before, after, hunk)
  return `${lines.join("\n")}\n`
}

// internal --------------------------------------------------------------------

const context = 3

/** Steps over lines that one comparison may take: some tens of milliseconds. */
const mostSteps = 8_000_000
/** How many changed lines are looked for one by one, which takes memory of their square. */
const mostEdits = 1_200

/** A stretch of the one text in the place of a stretch of the other; either may be empty. */
interface Change {
  readonly before: readonly [begin: number, end: number]
  readonly after: readonly [begin: number, end: number]
}

type Lines = Int32Array<ArrayBuffer>

const linesOf = (text: string): ReadonlyArray<string> => {
  if (text === "") return []
  const lines = text.split("\n")
  return text.endsWith("\n") ? lines.slice(0, -1) : lines
}

/** Equal lines get equal numbers, so that comparing them costs the same however long they are. */
const numbered = (
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>
): readonly [Lines, Lines] => {
  const numbers = new Map<string, number>()
  const numberOf = (line: string): number => {
    const known = numbers.get(line) ?? numbers.size
    if (known === numbers.size) numbers.set(line, known)
    return known
  }
  return [Int32Array.from(before, numberOf), Int32Array.from(after, numberOf)]
}

const changesOf = ([before, after]: readonly [Lines, Lines]): ReadonlyArray<Change> => {
  const shorter = Math.min(before.length, after.length)
  let begin = 0
  while (begin < shorter && before[begin] === after[begin]) begin += 1
  let tail = 0
  const ends = (from: Lines) => from[from.length - 1 - tail]
  while (tail < shorter - begin && ends(before) === ends(after)) tail += 1
  const middle = {
    before: before.subarray(begin, before.length - tail),
    after: after.subarray(begin, after.length - tail)
  }
  return edited(middle.before, middle.after).map((change) => ({
    before: [change.before[0] + begin, change.before[1] + begin],
    after: [change.after[0] + begin, change.after[1] + begin]
  }))
}

/** The least change, as Myers found it; all of it at once where that is not found in time. */
const edited = (before: Lines, after: Lines): ReadonlyArray<Change> => {
  if (before.length === 0 && after.length === 0) return []
  const trace = search(before, after)
  return trace === undefined
    ? [{ before: [0, before.length], after: [0, after.length] }]
    : walkBack(before.length, after.length, trace)
}

/** How far each diagonal was followed with so many edits: `furthest[edits][diagonal + edits]`. */
type Trace = ReadonlyArray<Lines>

const search = (before: Lines, after: Lines): Trace | undefined => {
  const trace: Array<Lines> = []
  let steps = 0
  const most = Math.min(before.length + after.length, mostEdits)
  for (let edits = 0; edits <= most; edits += 1) {
    const furthest = new Int32Array(2 * edits + 1)
    trace.push(furthest)
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = reached(trace, edits, diagonal)
      let y = x - diagonal
      const from = x
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x += 1
        y += 1
      }
      furthest[diagonal + edits] = x
      if (x >= before.length && y >= after.length) return trace
      steps += 1 + x - from
    }
    if (steps > mostSteps) return undefined
  }
  return undefined
}

/** Where an edit more leads to on a diagonal: down from the one above, or right from the one below. */
const reached = (trace: Trace, edits: number, diagonal: number): number => {
  if (edits === 0) return 0
  return isDown(trace, edits, diagonal)
    ? furthestOn(trace, edits - 1, diagonal + 1)
    : furthestOn(trace, edits - 1, diagonal - 1) + 1
}

const isDown = (trace: Trace, edits: number, diagonal: number): boolean =>
  diagonal === -edits ||
  (diagonal !== edits &&
    furthestOn(trace, edits - 1, diagonal - 1) < furthestOn(trace, edits - 1, diagonal + 1))

const furthestOn = (trace: Trace, edits: number, diagonal: number): number =>
  trace[edits]?.[diagonal + edits] ?? 0

/** From the end to the beginning: each edit is one line, and neighbours make one change. */
const walkBack = (width: number, height: number, trace: Trace): ReadonlyArray<Change> => {
  const changes: Array<Change> = []
  let [x, y] = [width, height]
  for (let edits = trace.length - 1; edits > 0; edits -= 1) {
    const diagonal = x - y
    const isAdded = isDown(trace, edits, diagonal)
    const start = furthestOn(trace, edits - 1, diagonal + (isAdded ? 1 : -1))
    const top = start - (diagonal + (isAdded ? 1 : -1))
    const end = isAdded ? ([start, top + 1] as const) : ([start + 1, top] as const)
    const next = changes.at(-1)
    const isNeighbour = next?.before[0] === end[0] && next.after[0] === end[1]
    if (isNeighbour) changes.pop()
    changes.push({
      before: [start, isNeighbour ? next.before[1] : end[0]],
      after: [top, isNeighbour ? next.after[1] : end[1]]
    })
    x = start
    y = top
  }
  return changes.toReversed()
}

/** Changes whose context would touch stand in one hunk. */
const hunksOf = (changes: ReadonlyArray<Change>): ReadonlyArray<ReadonlyArray<Change>> => {
  const hunks: Array<Array<Change>> = []
  let end = 0
  for (const change of changes) {
    const present = hunks.at(-1)
    if (present !== undefined && change.before[0] - end <= 2 * context) present.push(change)
    else hunks.push([change])
    end = change.before[1]
  }
  return hunks
}

const writeHunk = (
  lines: Array<string>,
  before: ReadonlyArray<string>,
  after: ReadonlyArray<string>,
  hunk: ReadonlyArray<Change>
): void => {
  const [first, last] = [hunk[0], hunk.at(-1)]
  if (first === undefined || last === undefined) return
  const lead = Math.min(context, first.before[0])
  const rest = Math.min(context, before.length - last.before[1])
  const old = [first.before[0] - lead, last.before[1] + rest] as const
  const young = [first.after[0] - lead, last.after[1] + rest] as const
  lines.push(`@@ -${rangeOf(old)} +${rangeOf(young)} @@`)
  let place = old[0]
  const keep = (until: number) => {
    for (; place < until; place += 1) lines.push(` ${before[place]}`)
  }
  for (const change of hunk) {
    keep(change.before[0])
    for (; place < change.before[1]; place += 1) lines.push(`-${before[place]}`)
    for (let at = change.after[0]; at < change.after[1]; at += 1) lines.push(`+${after[at]}`)
  }
  keep(old[1])
}

/** Lines count from 1, an empty stretch stands behind the line before it, and a 1 is left out. */
const rangeOf = ([begin, end]: readonly [number, number]): string => {
  const length = end - begin
  if (length === 1) return String(begin + 1)
  return `${length === 0 ? begin : begin + 1},${length}`
}
