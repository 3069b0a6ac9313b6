/**
 * How much a run and its organisation keep already, and so for how much more there is room.
 *
 * @internal
 */
import { Effect } from "effect"
import type { Driver, Step, StoreError } from "../ports/Driver.ts"
import * as Artifact from "../rules/Artifact.ts"
import type { RunId } from "../rules/Identifier.ts"
import type { Limits } from "./ArtifactLimits.ts"
import * as Projection from "./Projection.ts"
import type { Shell } from "./Shell.ts"

// models ----------------------------------------------------------------------

/** What a run has kept, beside Foreman's own. */
export interface Standing {
  readonly files: number
  readonly bytes: number
  /** The names that are taken, those of Foreman's own among them. */
  readonly names: ReadonlySet<string>
  /** How many more bytes the organisation may keep. */
  readonly roomFor: (limits: Limits) => number
}

// services --------------------------------------------------------------------

/** Looks how it stands. */
export const standingOf = (shell: Shell["Service"], organization: string, runId: RunId) =>
  shell.read((driver) => standingIn(driver, organization, runId))

/** The same inside a decision that relies on the run's stream. */
export const standingIn = Effect.fnUntraced(function* (
  driver: Pick<Driver, "find" | "get">,
  organization: string,
  runId: RunId
): Effect.fn.Return<Standing, StoreError> {
  const rows = yield* driver.find({
    organization,
    table: "artifacts",
    index: "artifacts_by_run",
    equals: { run_id: runId },
    limit: mostOfRun
  })
  const artifacts = rows.map(Projection.artifacts.fromRow)
  const others = artifacts.filter(({ kind }) => !Artifact.isReserved(kind))
  const row = yield* driver.get(organization, "organizations", {})
  const used = Number(row?.["artifact_bytes"] ?? 0)
  return {
    files: others.length,
    bytes: others.reduce((sum, { size }) => sum + size, 0),
    names: new Set(artifacts.map(({ name }) => name)),
    roomFor: ({ organizationBytes }) =>
      organizationBytes === null ? Number.MAX_SAFE_INTEGER : Math.max(0, organizationBytes - used)
  }
})

/** What holds where a batch is written while the organisation keeps so much less than it may. */
export const roomOf = ({ organizationBytes }: Limits, size: number): ReadonlyArray<Step> =>
  organizationBytes === null
    ? []
    : [
        {
          _tag: "Require",
          table: "organizations",
          key: {},
          where: [{ columns: ["artifact_bytes"], is: "<=", than: organizationBytes - size }]
        }
      ]

// internal --------------------------------------------------------------------

/** More than the artifacts of a run can be. */
const mostOfRun = 1_000
