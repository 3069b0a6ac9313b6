/**
 * Reads server-sent events: text in, as it comes off the wire, and out the frames that are complete.
 *
 * @internal
 */

// models ----------------------------------------------------------------------

export interface Frame {
  /** The cursor to give back after this frame. */
  readonly id: string | undefined
  /** What happened, as JSON; empty where only the cursor moves. */
  readonly data: string
}

// rules -----------------------------------------------------------------------

/** The longest line that is waited for. */
export const longestLine = 8_388_608

/** Makes a reader. It throws at a line without end, which no server of events sends. */
export const reader = (): ((text: string) => ReadonlyArray<Frame>) => {
  let rest = ""
  let id: string | undefined
  let data: Array<string> = []
  const take = (line: string): Frame | undefined => {
    if (line !== "") {
      const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
      if (field === "id") id = value
      if (field === "data") data.push(value)
      return undefined
    }
    const frame = id === undefined && data.length === 0 ? undefined : { id, data: data.join("\n") }
    id = undefined
    data = []
    return frame
  }
  return (text) => {
    const lines = (rest + text).split("\n")
    rest = lines.pop() ?? ""
    if (rest.length > longestLine) throw new RangeError("A line of the feed has no end")
    return lines.flatMap((line) => take(line.replace(/\r$/, "")) ?? [])
  }
}
