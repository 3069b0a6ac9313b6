/**
 * How long the store keeps what it need not keep for ever.
 *
 * @internal
 */

// rules -----------------------------------------------------------------------

const dayMicros = 24 * 3600 * 1_000_000

/** How long the receipt of a command is kept, and so how long a key is known. */
export const receiptMicros = 7 * dayMicros

/** How long a mark of the feed is kept after its last use. */
export const markMicros = 30 * dayMicros

/** A mark that is in use says so once in this time, so that it is not written at every event. */
export const markUseMicros = dayMicros

/** How far two clocks may differ before somebody misses what is only just gone. */
export const toleranceMicros = dayMicros
