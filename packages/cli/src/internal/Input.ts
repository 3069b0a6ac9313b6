/**
 * JSON that a person hands over in a file or on the standard input.
 */
import { createReadStream } from "node:fs"
import { Misused } from "./Grammar.ts"

// services --------------------------------------------------------------------

/** Reads one JSON object of at most 16 MiB. */
export const read = async (file: string): Promise<Readonly<Record<string, unknown>>> => {
  const chunks: Array<Buffer> = []
  let size = 0
  const source = file === "-" ? process.stdin : createReadStream(file)
  try {
    for await (const chunk of source) {
      const bytes = Buffer.from(chunk)
      size += bytes.length
      if (size > maxBytes) throw new Misused(`${file} has more than ${maxBytes} bytes`)
      chunks.push(bytes)
    }
  } catch (error) {
    if (error instanceof Misused) throw error
    throw new Misused(`${file} cannot be read: ${error instanceof Error ? error.message : error}`)
  }
  const content = parsed(Buffer.concat(chunks).toString("utf8"))
  if (content === undefined) throw new Misused(`${file} does not hold one JSON object`)
  return content
}

// internal --------------------------------------------------------------------

const maxBytes = 16 * 1024 * 1024

const parsed = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const content: unknown = JSON.parse(text)
    const isObject = typeof content === "object" && content !== null && !Array.isArray(content)
    return isObject ? { ...content } : undefined
  } catch {
    return undefined
  }
}
