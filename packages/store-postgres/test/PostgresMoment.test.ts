import { Effect } from "effect"
import { describe, expect, it, onTestFinished } from "vitest"

import { Doctor, type Driver } from "@foreman/core"

import * as FreshDatabase from "../../../tooling/src/postgres/FreshDatabase.ts"
import { databaseUrl } from "../../../tooling/src/postgres/testServer.ts"
import * as PostgresStore from "../src/PostgresStore.ts"

const makeDatabase = async (): Promise<string> => {
  const { drop, url } = await FreshDatabase.make(await databaseUrl())
  onTestFinished(drop)
  return url
}

const batch = (organization: string, name: string): Driver.Batch => ({
  organization,
  reliesOn: [],
  steps: [],
  events: [{ stream: `thing:${name}`, type: "thing.made", body: JSON.stringify({ name }) }]
})

describe("a store that is only looked at", () => {
  it("shows one moment, of each organization and of all", () =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const url = yield* Effect.promise(makeDatabase)
          const store = yield* PostgresStore.make({ url })
          for (const name of ["one", "two"]) yield* store.commit(batch("acme", name))
          yield* store.commit(batch("beta", "one"))
          const seen = yield* PostgresStore.make({ url, readOnly: true })
          for (const organization of ["acme", "beta", "gamma"]) {
            yield* store.commit(batch(organization, "later"))
          }
          const page = { after: 0, limit: 10 }
          for (const _ of ["first", "second"]) {
            const heads = yield* seen.ask("system", "heads", { after: "", limit: 10 })
            expect(heads).toEqual([
              expect.objectContaining({ organization: "acme", position: 2 }),
              expect.objectContaining({ organization: "beta", position: 1 })
            ])
            const [acme, beta, gamma] = yield* Effect.all(
              ["acme", "beta", "gamma"].map((name) => seen.readAll(name, page)),
              { concurrency: "unbounded" }
            )
            expect(acme?.map(({ stream }) => stream)).toEqual(["thing:one", "thing:two"])
            expect(beta).toHaveLength(1)
            expect(gamma).toEqual([])
          }
          expect(yield* store.readAll("acme", page)).toHaveLength(3)
          const refused = yield* Effect.flip(seen.commit(batch("acme", "never")))
          expect(refused.message).toContain("open for reading only")
          expect((yield* Doctor.check(seen)).organizations).toBe(2)
        })
      )
    ))
})
