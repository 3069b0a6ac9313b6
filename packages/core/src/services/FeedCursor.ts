/**
 * The cursor of the feed: the position in each organisation, written so that it always fits into a
 * header.
 *
 * As long as that fits it is the positions themselves, `[{ organization: position }]`. Where there
 * are more organisations it is a stored mark and the pairs that tell what has moved on since,
 * `[mark, [place, by, organization, position]]`: an organisation that the mark knows is said by its
 * place in it, another one by its id. So it costs the same however many organisations there are.
 *
 * @internal
 */
import { Effect } from "effect"
import { InvalidInput } from "../operations/Refusal.ts"
import * as FeedMarks from "./FeedMarks.ts"

// models ----------------------------------------------------------------------

/** The place of one follower, which moves. */
export interface Place {
  readonly positions: Map<string, number>
  mark: FeedMarks.Mark | undefined
  /** Organisations that are not where the mark says; all while there is no mark. */
  moved: Set<string>
  /** The cursor but for one organisation: events come in pages of one. */
  rest: { readonly organization: string; readonly text: string } | undefined
}

/** What a cursor says. */
export interface Said {
  readonly mark: string | undefined
  readonly positions: FeedMarks.Positions
  /** Places in the mark, and by how much the organisation there has moved on. */
  readonly moves: ReadonlyArray<readonly [place: number, by: number]>
}

// errors ----------------------------------------------------------------------

/** The cursor is not one of this feed. */
export const notOne: InvalidInput = new InvalidInput({
  problems: [{ path: "after", problem: "Expected the id of an event of this feed, or 0" }]
})

/** The cursor may have been one, but what it stands on is not kept any more. */
export const notKept: InvalidInput = new InvalidInput({
  problems: [
    {
      path: "after",
      problem:
        "The place of this id is not kept any more: " +
        "begin again from the start with 0, or from now on without an id"
    }
  ]
})

// rules -----------------------------------------------------------------------

/** The longest cursor, in characters: a quarter of what a server takes as headers. */
export const maxLength = 4000

/** The place that is these positions. */
export const placeAt = (positions: Readonly<Record<string, number>>): Place => {
  const entries = new Map(Object.entries(positions))
  return { positions: entries, mark: undefined, moved: new Set(entries.keys()), rest: undefined }
}

/** Reads a cursor. */
export const decode = (text: string): Effect.Effect<Said, InvalidInput> =>
  Effect.try({
    try: () => {
      const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"))
      const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
      const said: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes))
      if (!Array.isArray(said)) throw new TypeError("Not a cursor")
      const [first, pairs] = said
      return pairs === undefined ? saidBy(first) : saidWith(first, pairs)
    },
    catch: () => notOne
  })

/** Moves on in one organisation, and gives the cursor there unless it needs another mark. */
export const advance = (
  place: Place,
  organization: string,
  position: number
): string | undefined => {
  place.positions.set(organization, position)
  place.moved.add(organization)
  return written(place, organization)
}

// services --------------------------------------------------------------------

/** The place that a cursor says. */
export const placeOf = Effect.fnUntraced(function* (keeping: FeedMarks.Keeping, said: Said) {
  if (said.mark === undefined) return placeAt(Object.fromEntries(said.positions))
  const mark = yield* FeedMarks.get(keeping, said.mark)
  if (mark === undefined) return yield* notKept
  const positions = new Map([...mark.positions, ...said.positions])
  const moved = new Set(said.positions.keys())
  for (const [index, by] of said.moves) {
    const organization = mark.order[index] ?? ""
    const position = (mark.positions.get(organization) ?? Number.NaN) + by
    if (!FeedMarks.isPosition(position)) return yield* notOne
    positions.set(organization, position)
    moved.add(organization)
  }
  const place: Place = { positions, mark, moved, rest: undefined }
  return place
})

/** The cursor of a place. One that does not fit gets a mark, which is stored before it is named. */
export const give = Effect.fnUntraced(function* (keeping: FeedMarks.Keeping, place: Place) {
  const short = written(place)
  place.rest = undefined
  if (short !== undefined) return short
  const { latest } = keeping
  const near = latest === undefined ? undefined : nearTo(latest, place)
  if (latest !== undefined && near !== undefined) {
    yield* FeedMarks.use(keeping, latest)
    place.mark = latest
    place.moved = near.moved
    return near.cursor
  }
  place.mark = yield* FeedMarks.make(keeping, place.positions)
  place.moved = new Set()
  return written(place) ?? (yield* Effect.die(new Error("A mark alone does not fit")))
})

// internal --------------------------------------------------------------------

/** No more than these fit: an organisation takes three characters, and each three become four. */
const mostMoved = maxLength / 4

const saidBy = (data: unknown): Said => {
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new TypeError("Not a cursor")
  }
  const positions = Object.entries(data)
  if (!positions.every(([, position]) => FeedMarks.isPosition(position))) {
    throw new TypeError("Not a cursor")
  }
  return { mark: undefined, positions: new Map(positions), moves: [] }
}

const saidWith = (mark: unknown, pairs: unknown): Said => {
  const positions = new Map<string, number>()
  const moves: Array<readonly [number, number]> = []
  if (!FeedMarks.isId(mark) || !Array.isArray(pairs)) throw new TypeError("Not a cursor")
  for (let index = 0; index < pairs.length; index += 2) {
    const [whose, number]: ReadonlyArray<unknown> = pairs.slice(index, index + 2)
    if (typeof whose === "string" && FeedMarks.isPosition(number)) positions.set(whose, number)
    else if (isWhole(whose) && isWhole(number)) moves.push([whose, number])
    else throw new TypeError("Not a cursor")
  }
  return { mark, positions, moves }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value)

/** The cursor by the present mark, if it fits. `latest` is the organisation that moved last. */
const written = (place: Place, latest?: string): string | undefined => {
  const { mark, moved, rest } = place
  if (moved.size > mostMoved) return undefined
  const isKnown = latest !== undefined && rest?.organization === latest
  const before = isKnown ? rest.text : restOf(place, latest)
  if (latest !== undefined && !isKnown) place.rest = { organization: latest, text: before }
  const own = latest === undefined ? "" : pairOf(place, latest)
  const text = before + base64(own + (mark === undefined ? "}]" : "]]")).replace(/=+$/, "")
  return text.length <= maxLength ? text : undefined
}

/** What stands before the last pair, filled up so that more can be written behind its base64. */
const restOf = (place: Place, latest: string | undefined): string => {
  const { mark, moved } = place
  const pairs: Array<string> = []
  for (const organization of moved) {
    if (organization !== latest) pairs.push(pairOf(place, organization))
  }
  const opening = mark === undefined ? "[{" : `["${mark.id}",[`
  const comma = pairs.length === 0 || latest === undefined ? "" : ","
  const text = opening + pairs.join(",") + comma
  return base64(text + " ".repeat((3 - (text.length % 3)) % 3))
}

const pairOf = ({ mark, positions }: Place, organization: string): string => {
  const position = positions.get(organization) ?? 0
  const index = mark?.placeOf.get(organization)
  if (index !== undefined) {
    return `${index},${position - (mark?.positions.get(organization) ?? 0)}`
  }
  const name = JSON.stringify(organization).replace(/[^ -~]/g, escaped)
  return mark === undefined ? `${name}:${position}` : `${name},${position}`
}

const escaped = (character: string): string =>
  `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`

const base64 = (ascii: string): string => btoa(ascii).replaceAll("+", "-").replaceAll("/", "_")

/** The cursor by another mark, if that leaves it half empty: it is to last for a while. */
const nearTo = (mark: FeedMarks.Mark, { positions }: Place) => {
  const moved = new Set<string>()
  for (const [organization, position] of mark.positions) {
    if ((positions.get(organization) ?? 0) !== position) moved.add(organization)
    if (moved.size > mostMoved) return undefined
  }
  for (const organization of positions.keys()) {
    if (!mark.positions.has(organization)) moved.add(organization)
    if (moved.size > mostMoved) return undefined
  }
  const cursor = written({ mark, positions, moved, rest: undefined })
  return cursor === undefined || cursor.length > maxLength / 2 ? undefined : { cursor, moved }
}
