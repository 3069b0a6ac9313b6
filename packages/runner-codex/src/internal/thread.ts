/**
 * How a thread and a turn of Codex are begun and ended.
 *
 * @since 0.1.0
 */
import { Effect, Schema } from "effect"

import { Agent } from "@foreman/core"
import type { AgentRunner } from "@foreman/core"
import type { ProcessError } from "@foreman/process"
import type { Config, Options } from "../CodexRunner.ts"
import { CallFailed } from "./connection.ts"
import type { Connection } from "./connection.ts"
import type { Home } from "./home.ts"
import * as Protocol from "./protocol.ts"

// models ----------------------------------------------------------------------

/** What a thread is begun with. */
export interface Beginning {
  readonly config: Config
  readonly options: Options
  readonly spec: AgentRunner.RunSpec
  readonly home: Home
  /** Learns the thread's id before its turn begins. */
  readonly onThread: (threadId: string) => void
}

/** A turn that has begun. */
export interface Begun {
  readonly threadId: string
  readonly turnId: string
}

type Failure = CallFailed | ProcessError.ProcessError

// services --------------------------------------------------------------------

/** Begins the run's turn: in the thread that an earlier run left, else in a new one. */
export const begin = Effect.fnUntraced(function* (
  connection: Connection,
  beginning: Beginning
): Effect.fn.Return<Begun, Failure> {
  yield* connection.request("initialize", {
    clientInfo: { name: "foreman", title: "Foreman", version: "0.1.0" },
    // Diffs of the whole turn at each change would fill the output many times over.
    capabilities: {
      experimentalApi: true,
      requestAttestation: false,
      optOutNotificationMethods: ["turn/diff/updated"]
    }
  })
  yield* connection.notify("initialized")
  const { home, spec } = beginning
  const { keptThread } = home
  const settings = settingsOf(beginning)
  const fresh = Effect.map(threadBy(connection, "thread/start", settings), (threadId) => ({
    threadId,
    prompt: spec.prompt
  }))
  const { prompt, threadId } =
    keptThread === undefined
      ? yield* fresh
      : yield* threadBy(connection, "thread/resume", { threadId: keptThread, ...settings }).pipe(
          Effect.map((resumed) => ({ threadId: resumed, prompt: `${goOn}\n\n${spec.prompt}` })),
          Effect.catchTag("CallFailed", (failure) =>
            failure.reason === "refused" ? fresh : Effect.fail(failure)
          )
        )
  beginning.onThread(threadId)
  yield* home.keepThread(threadId)
  const answer = yield* connection.request("turn/start", {
    threadId,
    input: [{ type: "text", text: prompt }]
  })
  const { turn } = yield* understood("turn/start", Protocol.TurnAnswer, answer)
  return { threadId, turnId: turn.id }
})

/** Ends what still runs: the turn, and commands that would go on without it. */
export const interrupt = Effect.fnUntraced(
  function* (
    connection: Connection,
    { threadId, turnId }: { readonly threadId: string; readonly turnId?: string | undefined }
  ) {
    if (turnId !== undefined) {
      yield* Effect.ignore(connection.request("turn/interrupt", { threadId, turnId }))
    }
    yield* connection.request("thread/backgroundTerminals/clean", { threadId })
  },
  (ending) => Effect.ignore(Effect.timeoutOption(ending, "3 seconds"))
)

// internal --------------------------------------------------------------------

const goOn = "You were interrupted while you worked at this. Look at what is there, and go on."

const threadBy = (connection: Connection, method: string, params: Schema.JsonObject) =>
  Effect.flatMap(connection.request(method, params), (answer) =>
    Effect.map(understood(method, Protocol.ThreadAnswer, answer), ({ thread }) => thread.id)
  )

const understood = <A>(method: string, schema: Schema.Codec<A, unknown>, answer: Schema.Json) =>
  Effect.mapError(
    Schema.decodeUnknownEffect(schema)(answer),
    ({ message: detail }) => new CallFailed({ method, reason: "refused", detail })
  )

const providerName = "foreman"

const settingsOf = ({ config, home, options, spec }: Beginning): Schema.JsonObject => {
  const { model = modelOf(spec), model_provider: provider } = config
  const left = spec.environment["FOREMAN_RUN_ARTIFACTS"]
  return {
    cwd: home.workspace,
    approvalPolicy: "on-request",
    approvalsReviewer: "user",
    sandbox: spec.access === "read" ? "read-only" : (config.sandbox ?? "workspace-write"),
    ...(model === undefined ? {} : { model }),
    ...(provider === undefined ? {} : { modelProvider: providerName }),
    config: {
      sandbox_workspace_write: {
        network_access: false,
        // Shared folders, through which one run could write into another's.
        exclude_slash_tmp: true,
        exclude_tmpdir_env_var: true,
        writable_roots: [home.temporaryFolder, ...(left === undefined ? [] : [left])]
      },
      // Keys and tokens are for Codex and its tools, not for the commands of the model.
      shell_environment_policy: {
        inherit: "all",
        ignore_default_excludes: false,
        // Codex leaves out names that look like a secret's; this one may be called anything.
        exclude: [
          "FOREMAN_RUN_TOKEN",
          ...(provider?.env_key === undefined ? [] : [provider.env_key])
        ]
      },
      ...(provider === undefined
        ? {}
        : {
            model_providers: {
              [providerName]: { name: providerName, wire_api: "responses", ...provider }
            }
          }),
      ...toolsOf(options, spec)
    }
  }
}

// The model of an agent that names none is not one of Codex's.
const modelOf = ({ agent }: AgentRunner.RunSpec) =>
  agent.model === Agent.defaultModel ? undefined : agent.model

// The token goes by the environment, where it is already: what Codex keeps of a thread has it not.
const toolsOf = ({ foremanMcp }: Options, { environment }: AgentRunner.RunSpec) =>
  foremanMcp === undefined || environment["FOREMAN_API_URL"] === undefined
    ? {}
    : {
        mcp_servers: {
          foreman: {
            command: foremanMcp.command,
            args: foremanMcp.args,
            env_vars: ["FOREMAN_API_URL", "FOREMAN_RUN_TOKEN"],
            required: false,
            startup_timeout_sec: 30,
            tool_timeout_sec: 60,
            // What the run may do the server decides by the run's token.
            default_tools_approval_mode: "approve"
          }
        }
      }
