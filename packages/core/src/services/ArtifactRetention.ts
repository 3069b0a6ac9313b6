/**
 * Removes the bytes of artifacts that were kept long enough. Their rows stay, and say so.
 *
 * Bytes go before the rows say it, so that whoever stops in between leaves nothing behind: the next
 * one begins again. Bytes that a younger artifact has too stay, and so do those that somebody has put
 * a moment ago and may be about to record.
 *
 * @internal
 */
import { Effect } from "effect"
import { CurrentActor } from "../operations/Authorization.ts"
import type { ArtifactStore } from "../ports/ArtifactStore.ts"
import type { Row } from "../ports/Driver.ts"
import { system } from "../rules/Actor.ts"
import * as Artifact from "../rules/Artifact.ts"
import { micros } from "../rules/Identifier.ts"
import { headsOf } from "./Events.ts"
import * as Projection from "./Projection.ts"
import type { Shell, ShellFailure } from "./Shell.ts"
import type { StoreClock } from "./StoreClock.ts"

// models ----------------------------------------------------------------------

/** What removing stands on. */
export interface Means {
  readonly shell: Shell["Service"]
  readonly clock: StoreClock["Service"]
  readonly artifacts: ArtifactStore
  /** How long nobody may have put bytes that are removed. */
  readonly idleMillis: number
}

// services --------------------------------------------------------------------

/** Removes what is older than so many days, in all organisations, and says how many artifacts. */
export const removeOld = Effect.fnUntraced(function* (
  given: Omit<Means, "idleMillis">,
  { days, idleMillis = hourMillis }: { readonly days: number; readonly idleMillis?: number }
): Effect.fn.Return<number, ShellFailure> {
  const means = { ...given, idleMillis }
  const before = (yield* means.clock.now) - days * dayMicros
  let removed = 0
  for (const organization of Object.keys(yield* means.shell.read(headsOf))) {
    // One that fails keeps nobody behind it waiting.
    removed += yield* Effect.catch(removeIn(means, organization, before), (error) =>
      Effect.as(means.shell.outage.missed("Old artifacts were not removed", error), 0)
    )
  }
  return removed
})

// internal --------------------------------------------------------------------

/** Far longer than recording what was put takes. */
const hourMillis = 60 * 60 * 1000
const dayMicros = 24 * 60 * 60 * 1_000_000
const pageSize = 50

const removeIn = Effect.fnUntraced(function* (means: Means, organization: string, before: number) {
  let removed = 0
  for (let after: Row | undefined; ;) {
    const page = yield* oldest(means, organization, after)
    const due = page.map(Projection.artifacts.fromRow).filter((one) => isDue(one, before))
    const gone: Array<Artifact.Artifact> = []
    for (const artifact of due) {
      if (yield* removeBytes(means, organization, artifact, before)) gone.push(artifact)
    }
    if (gone.length > 0) removed += yield* record(means, organization, gone)
    if (due.length < pageSize) return removed
    after = page.at(-1)
  }
})

const isDue = ({ createdAt }: Artifact.Artifact, before: number): boolean =>
  micros(createdAt) < before

const oldest = ({ shell }: Means, organization: string, after: Row | undefined) =>
  shell.read((driver) =>
    driver.find({
      organization,
      table: "artifacts",
      index: "artifacts_by_age",
      equals: { is_removed: false },
      limit: pageSize,
      ...(after === undefined ? {} : { after })
    })
  )

/** Says whether the artifact has no bytes of its own any more. */
const removeBytes = Effect.fnUntraced(function* (
  { artifacts, idleMillis, shell }: Means,
  organization: string,
  { digest }: Artifact.Artifact,
  before: number
) {
  if (yield* isNeeded(shell, organization, digest, before)) return true
  yield* artifacts.remove(organization, digest, { idleMillis })
  return !(yield* artifacts.has(organization, digest))
})

/** Looks at the youngest first, which almost always tells; at all of them before it says no. */
const isNeeded = Effect.fnUntraced(function* (
  shell: Means["shell"],
  organization: string,
  digest: string,
  before: number
) {
  for (let after: Row | undefined; ;) {
    const page = yield* shell.read((driver) =>
      driver.find({
        organization,
        table: "artifacts",
        index: "artifacts_by_digest",
        equals: { digest, is_removed: false },
        direction: "descending",
        limit: pageSize,
        ...(after === undefined ? {} : { after })
      })
    )
    if (page.map(Projection.artifacts.fromRow).some((one) => !isDue(one, before))) return true
    if (page.length < pageSize) return false
    after = page.at(-1)
  }
})

/** Somebody else may have done it meanwhile: then there is nothing to record. */
const record = (
  { shell }: Means,
  organization: string,
  artifacts: ReadonlyArray<Artifact.Artifact>
): Effect.Effect<number, ShellFailure> =>
  shell
    .transact(
      { organization },
      Effect.fnUntraced(function* (session) {
        const events: Array<Artifact.ArtifactEvent> = []
        for (const { id, runId } of artifacts) {
          yield* session.relyOn(`run:${runId}`)
          const artifact = yield* session.get(Projection.artifacts, { id })
          if (artifact !== undefined) events.push(...Artifact.remove(artifact))
        }
        return { events, answer: () => events.length }
      })
    )
    .pipe(Effect.provideService(CurrentActor, system))
