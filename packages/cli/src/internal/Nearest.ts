/**
 * Which of some words was probably meant.
 */

// rules -----------------------------------------------------------------------

/** The word that is nearest to what was written, if one is near. */
export const nearest = (written: string, words: Iterable<string>): string | undefined => {
  const most = Math.max(1, Math.floor(written.length / 3))
  let found: { readonly word: string; readonly distance: number } | undefined
  for (const word of words) {
    const distance = word.startsWith(written) && written.length > 2 ? 1 : distanceOf(written, word)
    if (distance <= most && (found === undefined || distance < found.distance)) {
      found = { word, distance }
    }
  }
  return found?.word
}

/** The nearest word as a question to append, or nothing. */
export const question = (written: string, words: Iterable<string>, before = ""): string => {
  const word = nearest(written, words)
  return word === undefined ? "" : `; did you mean ${before}${word}?`
}

// internal --------------------------------------------------------------------

/** How many letters have to be put in, left out, changed or exchanged with their neighbour. */
const distanceOf = (from: string, to: string): number => {
  let older: ReadonlyArray<number> = []
  let above = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const line = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped =
        row > 1 &&
        column > 1 &&
        from[row - 1] === to[column - 2] &&
        from[row - 2] === to[column - 1]
      line.push(
        Math.min(
          (above[column] ?? 0) + 1,
          (line[column - 1] ?? 0) + 1,
          (above[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped ? (older[column - 2] ?? 0) + 1 : Infinity
        )
      )
    }
    older = above
    above = line
  }
  return above[to.length] ?? 0
}
