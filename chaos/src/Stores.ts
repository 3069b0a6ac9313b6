/**
 * The store behind an address: a SQLite file, or a PostgreSQL database.
 *
 * @since 0.1.0
 */
import { Doctor, Driver } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"
import { Effect, Layer, Schedule } from "effect"
import type { Logged } from "./Checker.ts"

// layers ----------------------------------------------------------------------

/** The store at an address; one that comes up is waited for. */
export const layer = (address: string): Layer.Layer<Driver.Driver, unknown> =>
  address.startsWith("sqlite:")
    ? SqliteStore.layer({ filename: address.slice("sqlite:".length) })
    : Layer.unwrap(
        Effect.promise(async () => {
          const { PostgresStore } = await import("@foreman/store-postgres")
          return PostgresStore.layer({ url: address })
        })
      )

// operations ------------------------------------------------------------------

/** All events of an organisation, from a store at rest. */
export const eventsOf = (address: string, organization: string) =>
  run(
    address,
    Driver.Driver.use((driver) =>
      Effect.gen(function* () {
        const events: Array<Logged> = []
        for (;;) {
          const after = events.at(-1)?.position ?? 0
          const page = yield* driver.readAll(organization, { after, limit: 1000 })
          events.push(...page.map(loggedOf))
          if (page.length < 1000) return events
        }
      })
    )
  )

/** Where an organisation stands. */
export const headOf = (address: string, organization: string): Promise<number> =>
  run(
    address,
    Effect.map(
      Driver.Driver.use((driver) =>
        driver.ask("system", "heads", { after: organization.slice(0, -1), limit: 20 })
      ),
      (rows) => Number(rows.find((row) => row["organization"] === organization)?.["position"] ?? 0)
    )
  )

/** Who holds a tenure in an organisation, or held it last. */
export const holderOf = (address: string, organization: string, name: string) =>
  run(
    address,
    Effect.map(
      Driver.Driver.use((driver) => driver.get(organization, "singletons", { name })),
      (row) => (row === undefined ? undefined : String(row["holder"]))
    )
  )

/** What the doctor says of a store; of all that it looks at, unless some is named. */
export const examine = (
  address: string,
  invariants: ReadonlyArray<Doctor.InvariantId> = Doctor.invariants
): Promise<Doctor.Report> =>
  run(
    address,
    Driver.Driver.use((driver) => Doctor.check(driver, { invariants }))
  )

/** Makes the counters that holders of tenures of these names count on. */
export const prepareCounts = (address: string, names: ReadonlyArray<string>) =>
  run(
    address,
    Driver.Driver.use((driver) =>
      driver.commit({
        organization: "system",
        reliesOn: [],
        steps: names.map((name) => ({
          _tag: "Insert",
          table: "cursors",
          row: { name, position: 0, token: 0 }
        })),
        events: []
      })
    )
  )

/** How often each was counted on. */
export const countsOf = (address: string, names: ReadonlyArray<string>) =>
  run(
    address,
    Driver.Driver.use((driver) =>
      Effect.forEach(names, (name) =>
        Effect.map(driver.get("system", "cursors", { name }), (row) => Number(row?.["position"]))
      )
    )
  )

// internal --------------------------------------------------------------------

const run = <A, E>(address: string, effect: Effect.Effect<A, E, Driver.Driver>): Promise<A> =>
  Effect.runPromise(
    Effect.retry(Effect.scoped(Effect.provide(effect, Layer.fresh(layer(address)))), {
      schedule: Schedule.spaced("500 millis"),
      times: 20
    })
  )

const loggedOf = ({ body, position, stream, type, version }: Driver.StoredEvent): Logged => {
  // As: core alone writes bodies, in this form.
  const { data, metadata } = JSON.parse(body) as {
    readonly data: Logged["data"]
    readonly metadata: { readonly command_id: string; readonly actor_type: string }
  }
  const { actor_type: actor, command_id: command } = metadata
  return { position, stream, version, type, command, actor, data }
}
