/**
 * The approval policy: which actions a person has to agree to before they happen.
 *
 * A policy is a list of rules and a pure function. It reads commands and words, never substrings.
 * What a program does by itself once it runs (a script, a hook, a makefile) it does not see.
 *
 * @since 0.1.0
 */
import {
  type Action,
  commandsOf,
  type Policy,
  readingOf,
  type Risk,
  type Rule
} from "./ApprovalPolicyAction.ts"
import * as Lists from "./ApprovalPolicyLists.ts"
import { absolute, isBelow } from "./ApprovalPolicyPaths.ts"
import * as Programs from "./ApprovalPolicyPrograms.ts"
import { proseOf } from "./ApprovalPolicyProse.ts"
import * as Wishes from "./ApprovalPolicyWishes.ts"
import type { Command } from "./CommandLine.ts"

// rules -----------------------------------------------------------------------

/**
 * Allows everything.
 *
 * @category rules
 * @since 0.1.0
 */
export const permissive: Policy = { name: "permissive", rules: [] }

/**
 * Asks before something is destroyed, leaves the machine, reaches another one by more than reading,
 * or does more than it was given to do.
 *
 * **Details**
 *
 * It lets pass reading, searching, building, testing, linting and every edit in the workspace. A
 * command that cannot be read (an open quote, a program that only the shell knows) needs approval as
 * well: what nobody can read nobody can judge, and a stray quote must not be the way around.
 *
 * **Example** (The highest risk wins)
 *
 * ```ts import.meta.vitest
 * import { ApprovalPolicy } from "@foreman/core"
 *
 * const line = 'git  push && sudo sh -c "rm -fr /"'
 * const judgement = ApprovalPolicy.judge(ApprovalPolicy.strict, { _tag: "Command", line })
 *
 * judgement._tag === "Require" && [judgement.risk, judgement.rule]
 * // => ["critical", "strict.rm_rf"]
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const strict: Policy = {
  name: "strict",
  rules: [
    rule("strict.git_push", "high", "git push requires approval", Programs.isGitPush, Wishes.push),
    rule("strict.git_tag", "medium", "git tag requires approval", Programs.isGitTag),
    rule(
      "strict.rm_rf",
      "critical",
      "destructive filesystem operations require approval",
      Programs.isRemoveAll
    ),
    { id: "strict.unreadable", risk: "high", judge: unreadable },
    rule("strict.destroy", "critical", "what cannot be taken back requires approval", isDestroying),
    rule(
      "strict.git_discard",
      "medium",
      "throwing away what git keeps requires approval",
      Programs.isGitDiscard
    ),
    rule(
      "strict.publish",
      "high",
      "publishing requires approval",
      listed(Lists.publishing),
      Wishes.publish
    ),
    rule(
      "strict.deploy",
      "high",
      "deploying requires approval",
      (command, isProse) =>
        Lists.isCall(Lists.deploying, command, isProse) || (!isProse && isDeployScript(command)),
      Wishes.deploy
    ),
    rule(
      "strict.code_host",
      "medium",
      "changing something on a code host requires approval",
      listed(Lists.hosting)
    ),
    rule(
      "strict.network_write",
      "high",
      "a network action that does more than read requires approval",
      (command, isProse) =>
        Lists.isCall(Lists.connecting, command, isProse) || Programs.isSending(command)
    ),
    rule(
      "strict.elevate",
      "high",
      "running with other rights requires approval",
      listed(Lists.elevating)
    ),
    { id: "strict.write_outside", risk: "high", judge: writesOutside },
    { id: "strict.read_to_write", risk: "high", judge: escalates }
  ]
}

export * from "./ApprovalPolicyAction.ts"

// internal --------------------------------------------------------------------

type Matches = (command: Command, isProse: boolean) => boolean

function rule(id: string, risk: Risk, reason: string, matches: Matches, wish?: RegExp): Rule {
  return {
    id,
    risk,
    judge: (action) => {
      const isProse = action._tag === "Task"
      if (commandsOf(action).some((command) => matches(command, isProse))) return reason
      if (!isProse || wish === undefined || action.type === "read") return undefined
      return Wishes.wishes(wish, proseOf(action).text) ? reason : undefined
    }
  }
}

function listed(calls: Lists.Calls): Matches {
  return (command, isProse) => Lists.isCall(calls, command, isProse)
}

function isDestroying(command: Command, isProse: boolean): boolean {
  return Lists.isCall(Lists.destroying, command, isProse) || Programs.isDestroyingFiles(command)
}

/** A script whose name says what it does, started by itself or by an interpreter. */
function isDeployScript({ program, words }: Command): boolean {
  const named = /^(deploy|release|publish)([-_.][-.\w]*)?$/
  const first = words.find((word) => !word.startsWith("-")) ?? ""
  const isInterpreter = /^(ba|da|z|k)?sh$|^(node|deno|bun|ruby|perl|php|python[\d.]*)$/.test(
    program
  )
  return named.test(program) || (isInterpreter && named.test(first.replace(/^.*\//, "")))
}

/** What a task that only reads was not given to do. */
function escalates(action: Action): string | undefined {
  if (action._tag === "Task" || action.access !== "read") return undefined
  const writes = (command: Command) =>
    Lists.isCall(Lists.writing, command, false) || Programs.isWritingFiles(command)
  return commandsOf(action).some(writes) ? "the task only reads, and this writes" : undefined
}

/** The shell writes where no project is. Where the command starts has to be known for that. */
function writesOutside(action: Action): string | undefined {
  if (action._tag === "Task" || action.cwd?.startsWith("/") !== true) return undefined
  const folders = [absolute(action.cwd, "/"), "/tmp", "/var/tmp", "/private/tmp"]
  const isOutside = (path: string): boolean => {
    if (!/^[/~]/.test(path) || Programs.isStream(path)) return path.startsWith("~")
    const whole = absolute(path, "/")
    return !folders.some((folder) => isBelow(whole, folder))
  }
  const outside = commandsOf(action).some((command) => Programs.writtenBy(command).some(isOutside))
  return outside ? "writing outside of the workspace requires approval" : undefined
}

function unreadable(action: Action): string | undefined {
  const { commands, problems } = readingOf(action)
  if (action._tag === "Task") {
    return problems.length === 0 ? undefined : `the task cannot be read: ${problems.join("; ")}`
  }
  const all = commands.some(Programs.isOpenGit)
    ? [...problems, "git is given a name for another command"]
    : problems
  return all.length === 0 ? undefined : `the command cannot be read: ${all.join("; ")}`
}
