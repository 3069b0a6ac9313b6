import { createHash } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import { Effect, Stream } from "effect"

import { ArtifactStore, ArtifactStoreMemory, DriverMemory, Import } from "@foreman/core"
import { edited, type Line, lived, refusal, sealed } from "./exports.ts"

const forged: ReadonlyArray<
  readonly [string, (lines: ReadonlyArray<Line>) => ReadonlyArray<Line>, object]
> = [
  [
    "a later version",
    (lines) => edited(lines, "header", (line) => ({ ...line, version: 2 })),
    { _tag: "UnknownVersion", version: 2, known: 1 }
  ],
  [
    "a program with other tables",
    (lines) => edited(lines, "header", (line) => ({ ...line, tables: "0" })),
    { _tag: "OtherTables" }
  ],
  ["no header", (lines) => lines.slice(1), { _tag: "NotAnExport" }],
  [
    "an organization that comes twice",
    (lines) => {
      const end = lines.findIndex(({ kind }) => kind === "end") + 1
      return [...lines.slice(0, end), ...lines.slice(1, end), ...lines.slice(end)]
    },
    { _tag: "OrganizationMisplaced" }
  ],
  [
    "an event of an unknown type",
    (lines) => edited(lines, "event", (line) => ({ ...line, type: "task.teleported" }), -1),
    { _tag: "UnknownEvent", type: "task.teleported" }
  ],
  [
    "an event whose body was rewritten",
    (lines) =>
      edited(lines, "event", (line) => ({
        ...line,
        body: String(line["body"]).replace("Acme", "Evil")
      })),
    { _tag: "NotNext", position: 1 }
  ],
  [
    "an event that is missing",
    (lines) => lines.filter(({ position, kind }) => kind !== "event" || position !== 3),
    { _tag: "NotNext", position: 4 }
  ],
  [
    "an event of another time",
    (lines) => edited(lines, "event", (line) => ({ ...line, at: Number(line["at"]) + 1 }), 4),
    { _tag: "NotNext", position: 5 }
  ],
  [
    "fewer events than were there",
    (lines) =>
      edited(lines, "organization", (line) => ({
        ...line,
        position: Number(line["position"]) + 1
      })),
    { _tag: "Misplaced", kind: "end" }
  ],
  [
    "fewer receipts than were there",
    (lines) =>
      lines.toSpliced(
        lines.findIndex(({ kind }) => kind === "receipt"),
        1
      ),
    { _tag: "Misplaced", kind: "end" }
  ],
  [
    "a row of a projection",
    (lines) => edited(lines, "row", (line) => ({ ...line, table: "tasks" })),
    { _tag: "Malformed" }
  ],
  [
    "a row of no table",
    (lines) => edited(lines, "row", (line) => ({ ...line, table: "__proto__" })),
    { _tag: "Malformed" }
  ],
  [
    "a row with a strange column",
    (lines) =>
      edited(lines, "row", ({ row, ...line }) => ({
        ...line,
        row: { ...Object(row), "x = 1;": 1 }
      })),
    { _tag: "Malformed" }
  ],
  [
    "a row with a value of another type",
    (lines) =>
      edited(lines, "row", ({ row, ...line }) => ({
        ...line,
        row: { ...Object(row), position: [] }
      })),
    { _tag: "Malformed" }
  ],
  [
    "a row that is missing",
    (lines) =>
      lines.toSpliced(
        lines.findIndex(({ table }) => table === "tokens"),
        1
      ),
    { _tag: "RowsDiffer", tables: ["tokens"] }
  ],
  [
    "a rank that is another",
    (lines) => edited(lines, "ranks", (line) => ({ ...line, ranks: [[1, 7]] })),
    { _tag: "RowsDiffer", tables: ["tasks"] }
  ],
  [
    "a line of an unknown kind",
    (lines) => edited(lines, "end", () => ({ kind: "end!" })),
    { _tag: "Malformed" }
  ],
  [
    "an event between organizations",
    (lines) => lines.toSpliced(1, 0, ...lines.filter(({ kind }) => kind === "event").slice(0, 1)),
    { _tag: "Misplaced", kind: "event" }
  ],
  [
    "an organization without an end",
    (lines) =>
      lines.toSpliced(
        lines.findIndex(({ kind }) => kind === "end"),
        1
      ),
    { _tag: "Misplaced", kind: "organization" }
  ],
  [
    "bytes that are not those of their digest",
    (lines) => edited(lines, "piece", (line) => ({ ...line, base64: "AAAA" })),
    { _tag: "Misplaced" }
  ]
]

describe("an import of what fits its trailer", () => {
  for (const [title, forge, reason] of forged) {
    it.live(`refuses ${title}`, () =>
      Effect.gen(function* () {
        const { lines } = yield* lived
        const error = yield* refusal(sealed(forge(lines)))
        expect(error).toMatchObject({ _tag: "ImportRefused", reason })
        expect(error.message).toMatch(/^Nothing was imported: line \d+ [a-z]/)
      })
    )
  }

  it.live("refuses what comes after the trailer, and what is no text", () =>
    Effect.gen(function* () {
      const { bytes, lines } = yield* lived
      const twice = Buffer.concat([bytes, bytes])
      expect(yield* refusal(twice)).toMatchObject({ reason: { _tag: "Misplaced" } })
      const binary = Buffer.concat([
        sealed(lines.slice(0, 1)).subarray(0, 5),
        Buffer.from([255, 10])
      ])
      expect(yield* refusal(binary)).toMatchObject({ reason: { _tag: "NotAnExport" } })
      const empty = yield* refusal(new Uint8Array())
      expect(empty).toMatchObject({ reason: { _tag: "NotAnExport" } })
      expect(empty.message).toMatch(/^Nothing was imported: the file is empty and is no export: /)
    })
  )

  it.live("refuses a line without an end before it has taken it all in", () =>
    Effect.gen(function* () {
      const { bytes } = yield* lived
      const driver = yield* DriverMemory.make
      const chunk = new Uint8Array(1024 * 1024).fill(0x61)
      let taken = 0
      const give = () => {
        taken += 1
        return chunk
      }
      const endless = Stream.forever(Stream.sync(give))
      const source = Stream.concat(Stream.make(bytes.subarray(0, bytes.indexOf(10) + 1)), endless)
      const error = yield* Effect.flip(Import.read(driver, source))
      expect(error).toMatchObject({ reason: { _tag: "LineTooLong" }, line: 2 })
      expect(taken).toBeLessThan(70)
    })
  )

  it.live("refuses the bytes of an artifact that are others, and does not keep them", () =>
    Effect.gen(function* () {
      const { lines } = yield* lived
      const place = lines.findIndex(({ kind }) => kind === "bytes")
      const size = Number(lines[place]?.["size"])
      const other = Buffer.alloc(size, 0x78)
      const piece = { kind: "piece", base64: other.toString("base64") }
      const bytes = sealed(lines.toSpliced(place + 1, 1, piece))
      const digest = createHash("sha256").update(other).digest("hex")
      const artifacts = yield* Effect.provide(
        ArtifactStore.ArtifactStore,
        ArtifactStoreMemory.layer
      )
      const organization = String(lines[place]?.["organization"])
      for (const options of [{}, { artifacts }]) {
        const error = yield* refusal(bytes, options)
        expect(error).toMatchObject({ reason: { _tag: "BytesDiffer" } })
      }
      expect(yield* artifacts.has(organization, digest)).toBe(false)
    })
  )
})
