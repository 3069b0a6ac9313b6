/**
 * Which texts may become part of a path, of a reference or of a call of git.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"

import { Effect } from "effect"

import { Workspace } from "@foreman/core"

// rules -----------------------------------------------------------------------

/**
 * Whether a text is the name of an object: 40 or 64 hex digits.
 *
 * @category rules
 * @since 0.1.0
 */
export const isObjectId = (text: string): boolean => /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)

/**
 * Whether a text may name a branch: what git allows, without a leading `-` and within 200 bytes.
 *
 * @category rules
 * @since 0.1.0
 */
export const isBranch = (text: string): boolean =>
  text.length > 0 &&
  Buffer.byteLength(text) <= 200 &&
  text !== "@" &&
  text !== "HEAD" &&
  !text.startsWith("-") &&
  !/\.\.|@\{|\.$/.test(text) &&
  // oxlint-disable-next-line no-control-regex -- git forbids exactly these
  !/[\u0000-\u0020\u007f~^:?*[\\]/.test(text) &&
  text.split("/").every((part) => part !== "" && !part.startsWith(".") && !part.endsWith(".lock"))

/**
 * Whether a text may stand in a path and in the name of a reference.
 *
 * @category rules
 * @since 0.1.0
 */
export const isId = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(text)

/**
 * A name for a branch that never clashes with the folder of another one.
 *
 * @category rules
 * @since 0.1.0
 */
export const flat = (branch: string): string => createHash("sha256").update(branch).digest("hex")

/**
 * Paths of an answer that separates them with NUL. They keep their bytes, one to a character.
 *
 * @category rules
 * @since 0.1.0
 */
export const paths = (stdout: Buffer): ReadonlyArray<string> =>
  stdout
    .toString("latin1")
    .split("\0")
    .filter((path) => path.length > 0)

/**
 * Paths as git reads them from its standard input.
 *
 * @category rules
 * @since 0.1.0
 */
export const pathsInput = (list: ReadonlyArray<string>): Buffer =>
  Buffer.from(list.map((path) => `${path}\0`).join(""), "latin1")

// services --------------------------------------------------------------------

/**
 * Refuses a text that is no id.
 *
 * @category services
 * @since 0.1.0
 */
export const checkId = (text: string): Effect.Effect<void, Workspace.GitError> =>
  check(isId(text), `${JSON.stringify(text)} cannot stand in a path`)

/**
 * Refuses a text that names no branch.
 *
 * @category services
 * @since 0.1.0
 */
export const checkBranch = (text: string): Effect.Effect<void, Workspace.GitError> =>
  check(isBranch(text), `${JSON.stringify(text)} is no name for a branch`)

/**
 * Refuses a text that names no commit.
 *
 * @category services
 * @since 0.1.0
 */
export const checkCommit = (text: string): Effect.Effect<void, Workspace.GitError> =>
  check(isObjectId(text), `${JSON.stringify(text)} is no commit`)

/**
 * Refuses a number that cannot be an id.
 *
 * @category services
 * @since 0.1.0
 */
export const checkNumber = (value: number): Effect.Effect<void, Workspace.GitError> =>
  check(Number.isSafeInteger(value) && value >= 0, `${value} is no id`)

// internal --------------------------------------------------------------------

const check = (holds: boolean, detail: string): Effect.Effect<void, Workspace.GitError> =>
  holds
    ? Effect.void
    : Effect.fail(new Workspace.GitError({ operation: "check", detail, retryable: false }))
