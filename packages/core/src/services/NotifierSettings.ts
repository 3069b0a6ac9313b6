/**
 * The settings of whoever outside is told what happens: OpenClaw, and any program with a URL.
 *
 * @since 0.1.0
 */
import { Result } from "effect"

// models ----------------------------------------------------------------------

/**
 * Who is told, if anybody is.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface NotifierSettings {
  readonly openClaw: OpenClawSettings | undefined
  readonly webhook: WebhookSettings | undefined
  /** What notifications are signed with. */
  readonly secret: string | undefined
}

/**
 * A hook of OpenClaw.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface OpenClawSettings {
  /** The hook itself: it ends with `/agent` or `/wake`. */
  readonly url: string
  readonly token: string
  readonly agentId: string | undefined
  readonly sessionKey: string | undefined
}

/**
 * A program with a URL.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface WebhookSettings {
  readonly url: string
}

/**
 * What is wrong with which of them.
 *
 * @category configuration
 * @since 0.1.0
 */
export interface Problem {
  readonly name: string
  readonly problem: string
}

// rules -----------------------------------------------------------------------

/**
 * These settings, with their meaning.
 *
 * @category configuration
 * @since 0.1.0
 */
export const names: Readonly<Record<string, string>> = {
  FOREMAN_OPENCLAW_URL:
    "the hook of OpenClaw that is told of finished runs, needed approvals and questions: " +
    "http://127.0.0.1:18789/hooks/agent, or .../hooks/wake",
  FOREMAN_OPENCLAW_TOKEN: "the hooks.token of that OpenClaw",
  FOREMAN_OPENCLAW_AGENT: "which of its agents is told, its default one unless set",
  FOREMAN_OPENCLAW_SESSION:
    "in which of its sessions, say hook:foreman; it must allow that (hooks.allowRequestSessionKey)",
  FOREMAN_WEBHOOK_URL: "an http or https URL that is told the same, as JSON",
  FOREMAN_WEBHOOK_SECRET: "what notifications are signed with: text, or whsec_ and base64"
}

/**
 * Reads them.
 *
 * **Example** (A token is for somebody)
 *
 * ```ts import.meta.vitest
 * import { Result } from "effect"
 * import { NotifierSettings } from "@foreman/core"
 *
 * const read = NotifierSettings.read({ FOREMAN_OPENCLAW_URL: "http://127.0.0.1:18789/hooks/wake" })
 *
 * Result.isFailure(read) && read.failure.name // => "FOREMAN_OPENCLAW_TOKEN"
 * ```
 *
 * @category configuration
 * @since 0.1.0
 */
export const read = (
  environment: Readonly<Record<string, string | undefined>>
): Result.Result<NotifierSettings, Problem> =>
  Result.gen(function* () {
    const get = (name: string) => environment[name] || undefined
    const secret = get("FOREMAN_WEBHOOK_SECRET")
    if (secret !== undefined && /^whsec_(?![A-Za-z0-9+/]{16,}={0,2}$)/.test(secret)) {
      return yield* invalid(
        "FOREMAN_WEBHOOK_SECRET",
        "should have base64 of 12 bytes behind whsec_"
      )
    }
    const openClaw = yield* openClawOf(get)
    const url = get("FOREMAN_WEBHOOK_URL")
    if (url === undefined) {
      return secret === undefined || openClaw !== undefined
        ? { openClaw, webhook: undefined, secret }
        : yield* invalid("FOREMAN_WEBHOOK_SECRET", "is set, and nothing that would be signed")
    }
    return { openClaw, webhook: { url: yield* address("FOREMAN_WEBHOOK_URL", url) }, secret }
  })

// internal --------------------------------------------------------------------

type Get = (name: string) => string | undefined

const openClawOf = (get: Get): Result.Result<OpenClawSettings | undefined, Problem> =>
  Result.gen(function* () {
    const given = get("FOREMAN_OPENCLAW_URL")
    const stray = optional.find((name) => get(name) !== undefined)
    if (given === undefined) {
      if (stray === undefined) return undefined
      return yield* invalid(stray, "is set, and FOREMAN_OPENCLAW_URL is not")
    }
    const url = yield* address("FOREMAN_OPENCLAW_URL", given)
    if (!/\/(?:agent|wake)$/.test(new URL(url).pathname)) {
      return yield* invalid("FOREMAN_OPENCLAW_URL", "should end with /hooks/agent or /hooks/wake")
    }
    const token = get("FOREMAN_OPENCLAW_TOKEN")
    if (token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
      return yield* invalid("FOREMAN_OPENCLAW_TOKEN", "should be the hooks.token of OpenClaw")
    }
    const agentId = get("FOREMAN_OPENCLAW_AGENT")
    return { url, token, agentId, sessionKey: get("FOREMAN_OPENCLAW_SESSION") }
  })

const optional = ["FOREMAN_OPENCLAW_TOKEN", "FOREMAN_OPENCLAW_AGENT", "FOREMAN_OPENCLAW_SESSION"]

const invalid = (name: string, problem: string) => Result.fail<Problem>({ name, problem })

/** What stands in it is not repeated: some such URLs are secrets. */
const address = (name: string, text: string): Result.Result<string, Problem> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return invalid(name, "should be an http or https URL")
  }
  if (url.username !== "" || url.password !== "") {
    return invalid(name, "should hold neither a user nor a password")
  }
  return Result.succeed(url.href)
}
