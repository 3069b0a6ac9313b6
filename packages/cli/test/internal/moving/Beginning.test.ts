import { Effect, Stream } from "effect"
import { DriverMemory, Export } from "@foreman/core"
import { describe, expect, it } from "vitest"
import * as Beginning from "../../../src/internal/moving/Beginning.ts"

/** The export of a store without anything in it. */
const exported = async (): Promise<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  const out = (bytes: Uint8Array) => Effect.sync(() => void chunks.push(bytes))
  const program = Effect.flatMap(DriverMemory.make, (driver) => Export.write(driver, { out }))
  await Effect.runPromise(program)
  return Buffer.concat(chunks)
}

/** Bytes as they may come through a pipe. */
async function* inPieces(bytes: Uint8Array, size: number, read = { count: 0 }) {
  for (let start = 0; start < bytes.length; start += size) {
    read.count += 1
    yield bytes.subarray(start, start + size)
  }
}

const failed = (cause: unknown) => ({ _tag: "Failed" as const, cause })

describe("the beginning of an export", () => {
  it("is judged by its first line, and comes again with the rest, however it was cut", async () => {
    const whole = await exported()
    for (const size of [1, 7, whole.indexOf(10) + 1, 4096]) {
      const begun = Beginning.of(inPieces(whole, size), failed)
      const chunks = await Effect.runPromise(Effect.flatMap(begun, Stream.runCollect))
      expect(Buffer.concat([...chunks]).equals(whole), String(size)).toBe(true)
    }
  })

  it("is left to the import where nothing follows it", async () => {
    const whole = await exported()
    for (const end of [whole.indexOf(10), whole.indexOf(10) + 1]) {
      const begun = Beginning.of(inPieces(whole.subarray(0, end), 16), failed)
      const chunks = await Effect.runPromise(Effect.flatMap(begun, Stream.runCollect))
      expect(Buffer.concat([...chunks])).toHaveLength(end)
    }
  })

  it("is read no further than a first line may be", async () => {
    const read = { count: 0 }
    const endless = inPieces(new Uint8Array(4 * 1024 * 1024).fill(120), 16 * 1024, read)
    const refusal = await Effect.runPromise(Effect.flip(Beginning.of(endless, failed)))
    expect(refusal).toMatchObject({ _tag: "ImportRefused", reason: { _tag: "NotAnExport" } })
    expect(read.count).toBe(4)
  })

  it("fails as its source does", async () => {
    const broken = async function* () {
      yield new Uint8Array([123])
      throw new Error("the disk is gone")
    }
    const failure = await Effect.runPromise(Effect.flip(Beginning.of(broken(), failed)))
    expect(failure).toMatchObject({ _tag: "Failed", cause: { message: "the disk is gone" } })
  })
})
