import { assert, describe, it } from "@effect/vitest"
import { Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ArtifactStoreMemory, Foreman } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { follow, type Frame } from "./Follower.ts"
import { start, token } from "./TestServer.ts"

/** Does something for each, 40 at a time, so that many are written together. */
const each = async <A, B>(items: ReadonlyArray<A>, make: (item: A) => Promise<B>) => {
  const made: Array<B> = []
  for (let from = 0; from < items.length; from += 40) {
    made.push(...(await Promise.all(items.slice(from, from + 40).map(make))))
  }
  return made
}

describe("a follower of 400 organizations", () => {
  it("goes on with the next server, with an id that fits a header", async () => {
    const folder = mkdtempSync(join(tmpdir(), "foreman-feed-"))
    const layer = Foreman.layer({ mode: "token", operatorToken: token }).pipe(
      Layer.provide([
        Layer.orDie(SqliteStore.layer({ filename: join(folder, "foreman.db") })),
        ArtifactStoreMemory.layer
      ])
    )
    const first = await start({}, layer)
    const numbers = Array.from({ length: 400 }, (_, n) => n)
    const organizations = await each(numbers, async (n) => {
      const { body } = await first.request("POST", "/api/v1/orgs", { name: "O", slug: `o-${n}` })
      return String(body.id)
    })
    const before = await follow(first.port, "/api/v1/events?last_event_id=0")
    const seen = await before.take(400)
    await Promise.all([first.close(), before.ended])
    for (const { id } of seen) assert.isBelow(id?.length ?? Infinity, 4096)

    const second = await start({}, layer)
    await each(organizations, (id) =>
      second.request("POST", `/api/v1/orgs/${id}/teams`, { name: "T", slug: "t" })
    )
    const keyOf = ({ data }: Frame) => `${data.org_id}/${data.id}`
    const whole = await follow(second.port, "/api/v1/events?last_event_id=0")
    const all = (await whole.take(1200)).map(keyOf)
    whole.close()
    assert.lengthOf(new Set(all), 1200)
    for (const index of [0, 63, 64, 250, 399]) {
      const id = seen[index]?.id ?? ""
      const had = new Set(seen.slice(0, index + 1).map(keyOf))
      const after = await follow(second.port, "/api/v1/events", { "last-event-id": id })
      assert.strictEqual(after.status, 200)
      const rest = await after.take(1200 - index - 1)
      after.close()
      assert.deepStrictEqual(
        rest.map(keyOf).toSorted(),
        all.filter((key) => !had.has(key)).toSorted()
      )
    }
    await second.close()
    rmSync(folder, { recursive: true })
  })
})
