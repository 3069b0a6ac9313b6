/**
 * Bytes cut into lines of bounded length.
 *
 * @since 0.1.0
 */

// models ----------------------------------------------------------------------

/** What came in: whole lines, and how many that were too long to be kept. */
export interface Cut {
  readonly lines: ReadonlyArray<string>
  readonly tooLong: number
}

// services --------------------------------------------------------------------

/** A function that is given bytes as they come, and answers the lines that are whole by then. */
export const make = (maxBytes: number): ((bytes: Uint8Array) => Cut) => {
  let parts: Array<Uint8Array> = []
  let size = 0
  let isTooLong = false
  const add = (part: Uint8Array) => {
    size += part.length
    if (size > maxBytes) {
      isTooLong = true
      parts = []
    } else if (part.length > 0) parts.push(part)
  }
  return (bytes) => {
    const lines: Array<string> = []
    let tooLong = 0
    let begin = 0
    for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, begin)) {
      add(bytes.subarray(begin, end))
      if (isTooLong) tooLong += 1
      else if (size > 0) lines.push(Buffer.concat(parts).toString())
      parts = []
      size = 0
      isTooLong = false
      begin = end + 1
    }
    add(bytes.subarray(begin))
    return { lines, tooLong }
  }
}

// internal --------------------------------------------------------------------

const newline = 10
