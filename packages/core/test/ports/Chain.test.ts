import { createHash } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { Chain, type Driver } from "@foreman/core"

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")

/** The vectors: three events of one organisation, each with what it hashes to. */
const vectors: ReadonlyArray<{ readonly link: Chain.Link; readonly hash: string }> = [
  {
    link: {
      organization: "acme",
      position: 1,
      stream: "task:7",
      version: 1,
      type: "task.created",
      body: '{"title":"Walk"}',
      at: 1_700_000_000_000_000
    },
    hash: "09a16b17222ccb3ae1fbcccc8a986037bee06e8b63b3d124eb5b0a2d65505d9f"
  },
  {
    link: {
      organization: "acme",
      position: 2,
      stream: 'a "quoted"\\ stream\u0001\u2028',
      version: 1,
      type: "é.😀",
      body: '["é","😀",null]',
      at: 1_700_000_000_000_001
    },
    hash: "ecf0653e5157c239c8d0a13ecc560d8471c2fa869edb644a03f3d5bcf72df678"
  },
  {
    link: {
      organization: "acme",
      position: 3,
      stream: "task:7",
      version: 2,
      type: "task.updated",
      body: "{}",
      at: 0
    },
    hash: "fa51574581f7b9bb97448674dd9ac6ae5ce1953fbfea729ec8f9e355750b175a"
  }
]

/** The digest once more, from the description alone. */
const independently = (previous: string, link: Chain.Link): string => {
  const numbers = Buffer.alloc(16)
  numbers.writeBigUInt64BE(BigInt(link.position), 0)
  numbers.writeBigInt64BE(BigInt(link.at), 8)
  return createHash("sha256")
    .update(Buffer.from(previous, "hex"))
    .update(link.organization, "utf8")
    .update(Buffer.of(0))
    .update(numbers)
    .update(`[${JSON.stringify(link.stream)},${link.version},`)
    .update(`${JSON.stringify(link.type)},${link.body}]`, "utf8")
    .digest("hex")
}

const chained: ReadonlyArray<Driver.StoredEvent> = vectors.map(({ hash, link }) => ({
  ...link,
  hash: new Uint8Array(Buffer.from(hash, "hex"))
}))

const firstBroken = (
  events: ReadonlyArray<Driver.StoredEvent>,
  from?: Pick<Driver.StoredEvent, "hash" | "position">
) => Effect.promise(() => Chain.firstBroken(events, from))

describe("a link", () => {
  it.effect("hashes to its vector, however it is computed", () =>
    Effect.gen(function* () {
      let previous = hex(Chain.genesis)
      expect(previous).toBe("0".repeat(64))
      for (const { hash, link } of vectors) {
        const bytes = Chain.preimage(new Uint8Array(Buffer.from(previous, "hex")), link)
        const digest = yield* Effect.promise(() => Chain.digest(bytes))
        expect([hex(digest), independently(previous, link)]).toEqual([hash, hash])
        previous = hash
      }
    })
  )

  it("keeps the body's text as it is", () => {
    const parts = { stream: "s", version: 3, type: "t" }
    expect(Chain.canonical({ ...parts, body: '{"b":1, "a":2}' })).toBe('["s",3,"t",{"b":1, "a":2}]')
  })
})

describe("a chain", () => {
  it.effect("holds as a whole and page by page", () =>
    Effect.gen(function* () {
      expect(yield* firstBroken([])).toBeUndefined()
      expect(yield* firstBroken(chained)).toBeUndefined()
      expect(yield* firstBroken(chained.slice(2), chained[1])).toBeUndefined()
      expect(yield* firstBroken(chained.slice(1))).toBe(1)
    })
  )

  it.effect("breaks at the first event of which anything was changed", () =>
    Effect.gen(function* () {
      const changes: ReadonlyArray<Partial<Driver.StoredEvent>> = [
        { organization: "acmf" },
        { stream: "task:8" },
        { version: 2 },
        { type: "task.createe" },
        { body: '{"title":"Run"}' },
        { at: 1 },
        { hash: new Uint8Array(32) }
      ]
      for (const [place, event] of chained.entries()) {
        for (const change of changes) {
          const changed = { ...event, ...change }
          // The third event has this version already.
          if (JSON.stringify(changed) === JSON.stringify(event)) continue
          expect(yield* firstBroken(chained.with(place, changed))).toBe(place + 1)
        }
      }
    })
  )

  it.effect("breaks where an event is missing, repeated or moved", () =>
    Effect.gen(function* () {
      const [first, second, third] = chained
      if (first === undefined || second === undefined || third === undefined) return
      expect(yield* firstBroken([first, third])).toBe(2)
      expect(yield* firstBroken([first, first, second])).toBe(2)
      expect(yield* firstBroken([second, first, third])).toBe(1)
      expect(yield* firstBroken([first, { ...third, position: 2 }])).toBe(2)
    })
  )
})
