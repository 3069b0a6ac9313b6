/**
 * The commands of the dispatcher: starting an attempt at a task and ending it.
 *
 * Each is one commit under a key that follows from the run, so a restart repeats nothing. A
 * dispatcher whose tenure has gone to another one can write none of them.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import type { DomainEvent } from "../events/EventTypes.ts"
import type { StoreError } from "../ports/Driver.ts"
import { type CommitId, RunId } from "../rules/Identifier.ts"
import * as Repository from "../rules/Repository.ts"
import * as Run from "../rules/Run.ts"
import { asSystem, gone, type NotStarted, placeOf } from "./AttemptShell.ts"
import * as CommandId from "./CommandId.ts"
import * as Projection from "./Projection.ts"
import type { Session } from "./Session.ts"
import { decided, type Shell, type ShellFailure } from "./Shell.ts"
import { fenceOf, type Tenure } from "./Tenure.ts"

// models ----------------------------------------------------------------------

/**
 * Where an attempt works: its folder, the commit that it begins at, and whose disk that is.
 *
 * @category models
 * @since 0.1.0
 */
export interface Started {
  readonly workspace: string
  readonly baseCommit: CommitId | null
  readonly node?: string | undefined
}

// services --------------------------------------------------------------------

/**
 * The id of a run that is about to be queued. Each sorts after those before it.
 *
 * @category services
 * @since 0.1.0
 */
export const nextRunId: Effect.Effect<RunId> = Effect.map(
  Effect.suspend(() => CommandId.next()),
  (id) => RunId.make(id)
)

/**
 * The attempt's folder is ready. Where nodes have disks of their own, the first one to have used a
 * repository is its home.
 *
 * @category services
 * @since 0.1.0
 */
export const start = (
  shell: Shell["Service"],
  tenure: Tenure,
  run: Run.Run,
  { node, ...facts }: Started
) =>
  step(shell, tenure, run, "start", (now, session) =>
    Effect.flatMap(settled(session, now, node), (homed) =>
      Effect.map(decided(Run.start(now, facts)), (events) => [...events, ...homed])
    )
  )

/**
 * The attempt's agent lives.
 *
 * @category services
 * @since 0.1.0
 */
export const begin = (shell: Shell["Service"], tenure: Tenure, run: Run.Run) =>
  step(shell, tenure, run, "begin", (now) => decided(Run.begin(now)))

/**
 * The runs of an organisation that are live, at most 1,000.
 *
 * @category services
 * @since 0.1.0
 */
export const live = (shell: Shell["Service"], organization: string) =>
  Effect.map(
    shell.read((driver) =>
      driver.find({
        organization,
        table: "runs",
        index: "runs_live",
        equals: { is_live: true },
        limit: 1000
      })
    ),
    (rows) => rows.map(Projection.runs.fromRow)
  )

export { end, type Ended, type Fence, under } from "./AttemptEnd.ts"
export { type Attempt, type Known, knownFrom, queue, type Wanted } from "./AttemptQueue.ts"
export { NotStarted } from "./AttemptShell.ts"

// internal --------------------------------------------------------------------

/** That the repository lies here now, where that is to be told and has not been. */
const settled = Effect.fnUntraced(function* (
  session: Session,
  { repositoryId: id }: Run.Run,
  node: string | undefined
): Effect.fn.Return<ReadonlyArray<DomainEvent>, StoreError> {
  if (node === undefined || id === null) return []
  yield* session.relyOn(`repo:${id}`)
  const repository = yield* session.get(Projection.repositories, { id })
  return repository === undefined ? [] : yield* decided(Repository.settle(repository, node))
})

const step = (
  shell: Shell["Service"],
  tenure: Tenure,
  { id: runId, taskId }: Run.Run,
  name: string,
  decide: (
    run: Run.Run,
    session: Session
  ) => Effect.Effect<ReadonlyArray<DomainEvent>, Run.RunIsOver | StoreError>
): Effect.Effect<Run.Run, Run.RunIsOver | NotStarted | ShellFailure> =>
  asSystem(
    `run/${runId}/${name}`,
    shell.transact(
      // Only whoever carries out the run says this of it, and once.
      { ...placeOf(tenure, taskId), isKeyNew: true },
      Effect.fnUntraced(function* (session) {
        yield* session.relyOn(`run:${runId}`)
        const run = yield* session.get(Projection.runs, { id: runId })
        if (run === undefined) return yield* Effect.die(`The run ${runId} is gone`)
        return {
          events: yield* decide(run, session),
          guards: [fenceOf(tenure)],
          answer: ({ after }) => after<Run.Run | undefined>(Projection.runs, { id: runId }) ?? run,
          onGuard: () => gone
        }
      })
    )
  )
