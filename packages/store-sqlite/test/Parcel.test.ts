import { describe, expect, it } from "@effect/vitest"
import { Tables } from "@foreman/core"

import * as Parcel from "../src/Parcel.ts"
import type { Outcome, Wanted } from "../src/SqliteCommit.ts"
import * as Statements from "../src/Statements.ts"

const task = (id: number, title: string) =>
  ({ _tag: "Insert", table: "tasks", row: { id, title, is_rework: true } }) as const

const wanted = (id: number): Wanted => ({
  now: 1_000 + id,
  batch: {
    organization: "acme",
    reliesOn: [{ stream: `task:${id}`, version: 2 }],
    steps: [
      task(id, "One"),
      { _tag: "Set", table: "tasks", key: { id }, row: { hold: null, title: "Two" } },
      { _tag: "Require", table: "runs", key: { id: "r" }, where: [] },
      { _tag: "Apply", name: "unblock", parameters: { task: id } }
    ],
    events: [{ stream: `task:${id}`, type: "task.created", body: "{}" }],
    receipt: { key: "k", digest: "d", answer: "null" }
  }
})

/** What crosses between threads is copied. */
const sent = <A>(value: A): A => structuredClone(value)

describe("a parcel", () => {
  it("brings every batch over, rows by their shapes and the rest as it is", () => {
    const [pack, unpack] = [Parcel.packer(), Parcel.unpacker()]
    const [first, second] = unpack(sent(pack([wanted(1), wanted(2)])))
    const { steps, ...rest } = wanted(1).batch
    expect(first).toEqual({ now: 1_001, batch: { ...rest, steps: expect.anything() } })
    expect(first?.batch.steps.slice(2)).toEqual(steps.slice(2))
    expect(first?.batch.steps.slice(0, 2)).toEqual([
      {
        _tag: "Put",
        shape: { tag: "Insert", table: "tasks", columns: ["id", "title", "is_rework"], key: [] },
        values: [1, "One", 1]
      },
      {
        _tag: "Put",
        shape: { tag: "Set", table: "tasks", columns: ["hold", "title"], key: ["id"] },
        values: [null, "Two", 1]
      }
    ])
    expect(second?.now).toBe(1_002)
  })

  it("brings a shape over once, whatever comes between", () => {
    const [pack, unpack] = [Parcel.packer(), Parcel.unpacker()]
    const other = { _tag: "Insert", table: "directory", row: { kind: "task", id: "1" } } as const
    const parcels = [task(1, "One"), other, task(2, "Two")].map((step) =>
      pack([{ now: 0, batch: { organization: "acme", reliesOn: [], steps: [step], events: [] } }])
    )
    expect(parcels.map(({ shapes }) => shapes.length)).toEqual([1, 1, 0])
    const unpacked = parcels.map((parcel) => unpack(sent(parcel))[0]?.batch.steps[0])
    expect(unpacked[2]).toMatchObject({ shape: { table: "tasks" }, values: [2, "Two", 1] })
  })

  it("leaves a row as it is that names an organization or has further conditions", () => {
    const pack = Parcel.packer()
    const steps = [
      { _tag: "Insert", table: "tasks", row: { id: 1, organization: "evil" } },
      { _tag: "Set", table: "tasks", key: { id: 1 }, row: { title: "x" }, after: [] }
    ] as const
    const batch = { organization: "acme", reliesOn: [], steps, events: [] }
    const parcel = pack([{ now: 0, batch }])
    expect(parcel.shapes).toEqual([])
    expect(Parcel.unpacker()(sent(parcel))).toEqual([{ now: 0, batch }])
  })

  it("brings back what became of each", () => {
    const outcomes: ReadonlyArray<Outcome> = [
      { _tag: "Committed", position: 7, at: 9, versions: [{ stream: "task:1", version: 3 }] },
      { _tag: "Conflict", actual: [] },
      { _tag: "Committed", position: 8, at: 9, versions: [] },
      { _tag: "Failed", failure: { message: "full", isRetryable: false, isAmbiguous: false } }
    ]
    expect(Parcel.unpackOutcomes(sent(Parcel.packOutcomes(outcomes)))).toEqual(outcomes)
  })

  it("puts the organization where the statement of a shape wants it", () => {
    const shape = { tag: "Set", table: "tasks", columns: ["title"], key: ["id"] } as const
    const { places, text } = Statements.ofShape(Tables.tables, shape)
    expect(text).toBe(
      "UPDATE tasks SET title = ? WHERE organization = ? AND id = ? RETURNING 1 AS kept"
    )
    expect(places).toEqual([0, null, 1])
  })
})
