/**
 * Numbers of things, as a person says them.
 */

// rules -----------------------------------------------------------------------

/** So many of a thing: `1 event`, `2 events`. */
export const counted = (count: number, thing: string): string =>
  `${count} ${thing}${count === 1 ? "" : "s"}`
