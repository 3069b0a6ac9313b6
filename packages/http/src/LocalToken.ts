/**
 * The tokens of a local server: made at its first start, each kept in a file that only its owner reads.
 *
 * The operator's is the person's, who may do everything. The manager's is for agents: it stands for the
 * agent `manager` of the local team, which plans and decides nothing.
 *
 * @since 0.1.0
 */
import { constants } from "node:fs"
import { chmod, mkdir, open, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { Data, Effect } from "effect"
import { Token, Tokens } from "@foreman/core"

// errors ----------------------------------------------------------------------

/**
 * The token's file cannot be read or made.
 *
 * @category errors
 * @since 0.1.0
 */
export class TokenFileError extends Data.TaggedError("TokenFileError")<{
  readonly path: string
  readonly cause: unknown
}> {
  override get message() {
    return `The token file ${this.path} cannot be used: ${String(this.cause)}`
  }
}

// services --------------------------------------------------------------------

/**
 * Where the operator's token of a runtime root is kept.
 *
 * @category configuration
 * @since 0.1.0
 */
export const pathOf = (runtimeRoot: string): string => join(runtimeRoot, "token")

/**
 * Where the token of a runtime root is kept that agents are given.
 *
 * @category configuration
 * @since 0.1.0
 */
export const managerPathOf = (runtimeRoot: string): string => join(runtimeRoot, "manager-token")

/**
 * Reads the operator's token, or makes it: mode 0600, in a folder that git ignores. Of two processes
 * that start at once, both get the same one.
 *
 * @category services
 * @since 0.1.0
 */
export const ensure = (runtimeRoot: string): Effect.Effect<string, TokenFileError> =>
  ensureAt(runtimeRoot, pathOf(runtimeRoot), "opr")

/**
 * The same for the token of the local team's manager.
 *
 * @category services
 * @since 0.1.0
 */
export const ensureManager = (runtimeRoot: string): Effect.Effect<string, TokenFileError> =>
  ensureAt(runtimeRoot, managerPathOf(runtimeRoot), "agt")

// internal --------------------------------------------------------------------

const ensureAt = (runtimeRoot: string, path: string, kind: Token.TokenKind) =>
  Effect.tryPromise({
    try: () => readOrMake(runtimeRoot, path, kind),
    catch: (cause) => new TokenFileError({ path, cause })
  })

const readOrMake = async (
  runtimeRoot: string,
  path: string,
  kind: Token.TokenKind
): Promise<string> => {
  await mkdir(runtimeRoot, { recursive: true, mode: 0o700 })
  await writeFile(join(runtimeRoot, ".gitignore"), "*\n", { flag: "wx" }).catch(unlessThere)
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY
  const file = await open(path, flags, 0o600).catch(unlessThere)
  if (file !== undefined) {
    try {
      await file.writeFile(`${Tokens.random(kind)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
  }
  await chmod(path, 0o600)
  const token = await readToken(path)
  // The operator's in the place of an agent's would let the agent decide.
  if (kind !== "opr" && !token.startsWith(`fmn_${kind}_`)) {
    throw new Error(
      "it holds a token of another kind; remove it, and the next start makes a new one"
    )
  }
  return token
}

/** The one who made the file may not have written it yet. */
const readToken = async (path: string, tries = 20): Promise<string> => {
  const token = (await readFile(path, "utf8")).trim()
  if (Token.isWellFormed(token)) return token
  if (tries === 0)
    throw new Error("it holds no token; remove it, and the next start makes a new one")
  await new Promise((resolve) => {
    setTimeout(resolve, 25)
  })
  return readToken(path, tries - 1)
}

const unlessThere = (cause: unknown): undefined => {
  if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return undefined
  throw cause
}
