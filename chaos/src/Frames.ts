/**
 * The messages of PostgreSQL's wire protocol, as far as one has to know them to cut between them.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/** One message with all of its bytes. The first ones of a connection have no type. */
export interface Frame {
  readonly type: string
  readonly bytes: Buffer
}

/** Takes bytes as they come and gives the messages that are whole. */
export type Framer = (chunk: Buffer) => ReadonlyArray<Frame>

// rules -----------------------------------------------------------------------

/** For the bytes of a client, whose first messages have no type until it asks to start. */
export const ofClient = (): Framer => {
  let hasStarted = false
  return framer((rest) => {
    if (hasStarted) return typed(rest)
    const length = rest.length < 8 ? undefined : rest.readInt32BE(0)
    // A request for encryption is answered with one byte, and asked before the start.
    if (length !== undefined && rest.length >= length)
      hasStarted = !requests.has(rest.readInt32BE(4))
    return length
  })
}

/** For the bytes of a server. A single byte may come first, where encryption was asked for. */
export const ofServer = (): Framer => {
  let isFirst = true
  return framer((rest) => {
    const isAnswer = isFirst && (rest[0] === noLetter || rest[0] === yesLetter) && rest.length === 1
    isFirst = false
    return isAnswer ? 1 : typed(rest)
  })
}

/** The text of a query that is sent as a whole. */
export const queryOf = ({ bytes }: Frame): string => textAt(bytes, 5).text

/** The name and the text of a statement that is prepared. */
export const parseOf = ({ bytes }: Frame): { readonly name: string; readonly text: string } => {
  const { next, text: name } = textAt(bytes, 5)
  return { name, text: textAt(bytes, next).text }
}

/** The name of the statement that is bound. */
export const boundOf = ({ bytes }: Frame): string => textAt(bytes, textAt(bytes, 5).next).text

/** How the server waits for more: `I` in no transaction, `T` in one, `E` in a failed one. */
export const statusOf = ({ bytes }: Frame): string => bytes.toString("latin1", 5, 6)

// internal --------------------------------------------------------------------

/** Codes of requests for encryption by TLS and by GSSAPI, and for the end of a query. */
const requests = new Set([80877102, 80877103, 80877104])

const noLetter = 0x4e
const yesLetter = 0x53

const typed = (rest: Buffer): number | undefined =>
  rest.length < 5 ? undefined : rest.readInt32BE(1) + 1

const textAt = (bytes: Buffer, from: number) => {
  const end = bytes.indexOf(0, from)
  return { text: bytes.toString("utf8", from, end), next: end + 1 }
}

const framer = (lengthOf: (rest: Buffer) => number | undefined): Framer => {
  let rest: Buffer = Buffer.alloc(0)
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const frames: Array<Frame> = []
    for (;;) {
      const isUntyped = rest.length >= 1 && rest[0] === 0
      const length = rest.length === 0 ? undefined : lengthOf(rest)
      if (length === undefined || rest.length < length) return frames
      const bytes = rest.subarray(0, length)
      frames.push({ type: isUntyped ? "" : bytes.toString("latin1", 0, 1), bytes })
      rest = rest.subarray(length)
    }
  }
}
