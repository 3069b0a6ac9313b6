import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import { PostgresStore } from "@foreman/store-postgres"

import * as PostgresDatabases from "./PostgresDatabases.ts"

describe("a store that is filled", () => {
  // Its transaction has not come to an end that anybody could doubt.
  it.live.each(["write", "number"] as const)(
    "stays empty for certain where its connection is cut at a %s",
    (step) =>
      Effect.scoped(
        Effect.gen(function* () {
          const url = yield* PostgresDatabases.database
          const store = yield* PostgresStore.make({ url })
          const fill = store.fill ?? (() => Effect.die("it can be filled"))
          const cut = Effect.promise(() =>
            PostgresDatabases.execute(
              url,
              `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid()`
            )
          )
          const failure = yield* Effect.flip(
            fill((into) =>
              Effect.andThen(
                cut,
                step === "write" ? into.write("acme", []) : into.number([{ name: "a", next: 2 }])
              )
            )
          )
          expect(failure).toMatchObject({
            _tag: "StoreError",
            operation: step,
            retryable: true,
            ambiguous: false
          })
        })
      )
  )
})
