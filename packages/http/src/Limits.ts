/**
 * How much a caller may send, and how long anything may take.
 *
 * Node's server and Effect's router set next to no bounds of their own. Every bound of this package
 * stands here, so that a server can be given others and a test can see them work.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/**
 * The bounds of a server. Lengths are in bytes, times in milliseconds.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Limits {
  /** The longest body of a request. */
  readonly bodyBytes: number
  /** All headers of a request together. */
  readonly headerBytes: number
  /** How deep arrays and objects of a body may be nested. */
  readonly jsonDepth: number
  /** How many items an array of a body may have. */
  readonly arrayItems: number
  /** Until the headers of a request have arrived. */
  readonly headersMillis: number
  /** Until the body of a request has arrived. */
  readonly bodyMillis: number
  /** How long a connection may lie idle. */
  readonly idleMillis: number
  /** Until an operation has answered. */
  readonly handlerMillis: number
  /** How many callers may follow the feed at a time. */
  readonly feedClients: number
  /** How much of the feed may wait for one caller to read it. */
  readonly feedBytes: number
  /** How long a caller may let as much wait before it is disconnected. */
  readonly feedStallMillis: number
  /** How often a feed says that it is alive. */
  readonly heartbeatMillis: number
  /** How long requests may go on after the server was told to end. */
  readonly shutdownMillis: number
}

// services --------------------------------------------------------------------

/**
 * The bounds of a server that is given no others.
 *
 * @category configuration
 * @since 0.1.0
 */
export const defaults: Limits = {
  bodyBytes: 1_048_576,
  headerBytes: 16_384,
  jsonDepth: 64,
  arrayItems: 10_000,
  headersMillis: 10_000,
  bodyMillis: 30_000,
  idleMillis: 65_000,
  handlerMillis: 30_000,
  feedClients: 10_000,
  feedBytes: 1_048_576,
  feedStallMillis: 10_000,
  heartbeatMillis: 15_000,
  shutdownMillis: 1_500
}
