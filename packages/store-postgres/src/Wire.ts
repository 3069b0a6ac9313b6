/**
 * Lists as PostgreSQL takes them fastest: in its binary form, which needs no escaping on either side.
 *
 * @since 0.1.0
 */

// rules -----------------------------------------------------------------------

/**
 * A list of texts, some of them null.
 *
 * @category rules
 * @since 0.1.0
 */
export const texts = (values: ReadonlyArray<string | null>): Buffer => {
  if (values.length === 0) return empty(textType)
  let most = headerBytes
  for (const value of values) most += 4 + (value === null ? 0 : value.length * 3)
  const buffer = Buffer.allocUnsafe(most)
  let place = header(buffer, textType, values.length)
  for (const value of values) {
    if (value === null) {
      place = buffer.writeInt32BE(-1, place)
    } else {
      const length = buffer.write(value, place + 4)
      buffer.writeInt32BE(length, place)
      place += 4 + length
    }
  }
  return buffer.subarray(0, place)
}

/**
 * A list of whole numbers of 32 bits.
 *
 * @category rules
 * @since 0.1.0
 */
export const integers = (values: ReadonlyArray<number>): Buffer => {
  if (values.length === 0) return empty(integerType)
  const buffer = Buffer.allocUnsafe(headerBytes + values.length * 8)
  let place = header(buffer, integerType, values.length)
  for (const value of values) {
    place = buffer.writeInt32BE(4, place)
    place = buffer.writeInt32BE(value, place)
  }
  return buffer
}

/**
 * A list of whole numbers of 64 bits.
 *
 * @category rules
 * @since 0.1.0
 */
export const longs = (values: ReadonlyArray<number>): Buffer => {
  if (values.length === 0) return empty(longType)
  const buffer = Buffer.allocUnsafe(headerBytes + values.length * 12)
  let place = header(buffer, longType, values.length)
  for (const value of values) {
    place = buffer.writeInt32BE(8, place)
    place = buffer.writeInt32BE(Math.floor(value / 2 ** 32), place)
    place = buffer.writeUInt32BE(value >>> 0, place)
  }
  return buffer
}

// internal --------------------------------------------------------------------

/** By the number that PostgreSQL gives a type, the same in every database. */
const textType = 25
const integerType = 23
const longType = 20

const headerBytes = 20

/** One dimension, whether null may occur, the type, how many, and that they count from 1. */
const header = (buffer: Buffer, type: number, count: number): number => {
  let place = buffer.writeInt32BE(1, 0)
  place = buffer.writeInt32BE(type === textType ? 1 : 0, place)
  place = buffer.writeInt32BE(type, place)
  place = buffer.writeInt32BE(count, place)
  return buffer.writeInt32BE(1, place)
}

/** Of no dimension. */
const empty = (type: number): Buffer => {
  const buffer = Buffer.alloc(12)
  buffer.writeInt32BE(type, 8)
  return buffer
}
