/**
 * Who a caller is: turns a token into the actor that holds it.
 *
 * Where nobody has to show a token (`open`), every caller is the operator, but a run that shows its
 * own is still that run, and the local team's manager that agent.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer, Schema } from "effect"
import { StoreUnavailable } from "../operations/Refusal.ts"
import { type Actor, operator } from "../rules/Actor.ts"
import { OrganizationId, RunId } from "../rules/Identifier.ts"
import { isLive } from "../rules/Run.ts"
import { managerOf } from "./LocalTeam.ts"
import type { Organizations } from "./Organizations.ts"
import { type EnsureLocal, makeEnsureLocal } from "./ProjectPlace.ts"
import * as Projection from "./Projection.ts"
import { Shell } from "./Shell.ts"
import { StoreClock } from "./StoreClock.ts"
import type { Teams } from "./Teams.ts"
import * as Tokens from "./Tokens.ts"

// models ----------------------------------------------------------------------

/**
 * How callers are told apart.
 *
 * @category configuration
 * @since 0.1.0
 */
export type AccessConfig =
  /** Who shows no token is the operator too. */
  (
    | { readonly mode: "open"; readonly operatorToken?: string | undefined }
    | { readonly mode: "token"; readonly operatorToken: string }
  ) & {
    /** Whoever shows it is the agent `manager` of the local team, which is made then if it is missing. */
    readonly managerToken?: string | undefined
  }

// errors ----------------------------------------------------------------------

/**
 * The caller showed no token, or one that is not (or no longer) good.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotAuthenticated extends Schema.TaggedError<NotAuthenticated>()(
  "NotAuthenticated",
  {},
  { httpApiStatus: 401 }
) {
  override get message() {
    return "Authentication required"
  }
}

// services --------------------------------------------------------------------

/**
 * The gate of every transport that callers reach from outside the process.
 *
 * @category services
 * @since 0.1.0
 */
export class Access extends Context.Service<
  Access,
  {
    readonly authenticate: (
      token: string | undefined
    ) => Effect.Effect<Actor, NotAuthenticated | StoreUnavailable>
  }
>()("@foreman/core/Access") {
  static readonly layer = (
    config: AccessConfig
  ): Layer.Layer<Access, never, Organizations | Shell | StoreClock | Teams> =>
    Layer.effect(
      Access,
      Effect.gen(function* () {
        const manager = makeManager(yield* makeEnsureLocal)
        return make(config, { shell: yield* Shell, clock: yield* StoreClock, manager })
      })
    )
}

// internal --------------------------------------------------------------------

interface Parts {
  readonly shell: Shell["Service"]
  readonly clock: StoreClock["Service"]
  readonly manager: ReturnType<typeof makeManager>
}

const make = (config: AccessConfig, { clock, manager, shell }: Parts): Access["Service"] => {
  const isOperator = holds(config.operatorToken)
  const isManager = holds(config.managerToken)
  const find = Effect.fnUntraced(function* (token: string) {
    const now = yield* clock.now
    const row = yield* shell.read((driver) => Tokens.find(driver, token, now))
    if (row === undefined) return yield* new NotAuthenticated()
    return yield* runActor(shell, String(row["organization"]), String(row["subject"]))
  })
  return {
    authenticate: (token) => {
      if (token === undefined) return config.mode === "open" ? theOperator : nobody
      if (isOperator(token)) return theOperator
      return isManager(token) ? manager : find(token)
    }
  }
}

const theOperator = Effect.succeed(operator)

const nobody = Effect.suspend(() => Effect.fail(new NotAuthenticated()))

/**
 * The agent in whose name managers act. There is none before there is its team, so whoever is the
 * first to be it has that made, as the first command would. Nothing else is done with those rights.
 */
const makeManager = Effect.fnUntraced(
  function* (ensureLocal: EnsureLocal) {
    const local = (yield* ensureLocal(false)) ?? (yield* ensureLocal(true))
    return local === undefined ? yield* new NotAuthenticated() : managerOf(local)
  },
  Effect.catchTags({
    Busy: () => Effect.fail(new StoreUnavailable({ retryable: true })),
    // It is made by the operator, with no key, and of nothing that anybody says.
    IdempotencyKeyReused: Effect.die,
    InvalidInput: Effect.die,
    NotYourTask: Effect.die,
    PermissionDenied: Effect.die,
    RunTokenStale: Effect.die
  })
)

const holds =
  (expected: string | undefined) =>
  (token: string): boolean =>
    expected !== undefined && expected !== "" && isSame(token, expected)

/** Looks at every character, so the time it takes tells nothing but the length. */
const isSame = (given: string, expected: string): boolean => {
  let difference = given.length ^ expected.length
  for (let at = 0; at < expected.length; at++) {
    difference |= given.charCodeAt(at) ^ expected.charCodeAt(at)
  }
  return difference === 0
}

/** A run acts with what its agent may, on its one task, while it is live. */
const runActor = Effect.fnUntraced(function* (
  shell: Shell["Service"],
  organization: string,
  runId: string
) {
  const { agents, runs } = Projection
  const row = yield* shell.read((driver) => driver.get(organization, runs.table, { id: runId }))
  const run = row === undefined ? undefined : runs.fromRow(row)
  if (run === undefined || !isLive(run.status)) return yield* new NotAuthenticated()
  const key = { id: run.agentId }
  const agentRow = yield* shell.read((driver) => driver.get(organization, agents.table, key))
  if (agentRow === undefined) return yield* new NotAuthenticated()
  const { agentId, attempt, taskId } = run
  return {
    type: "run",
    id: runId,
    role: agents.fromRow(agentRow).role,
    organizationId: OrganizationId.make(organization),
    run: { id: RunId.make(runId), agentId, taskId, attempt }
  } satisfies Actor
})
