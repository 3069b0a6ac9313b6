/**
 * What the strict policy knows of programs that no list can say: git, rm, curl and their like.
 *
 * @internal
 */
import { type Command, optionsOf, unknown } from "./CommandLine.ts"
import { gitOf } from "./CommandLineGit.ts"

// rules -----------------------------------------------------------------------

// git

export const isGitPush = (command: Command): boolean => {
  const [name, next] = gitOf(command)?.operands ?? []
  return (
    name === "push" ||
    name === "send-pack" ||
    ((name === "subtree" || name === "lfs") && next === "push")
  )
}

/** Whether it makes or deletes a tag: one that lists, filters or verifies tags changes nothing. */
export const isGitTag = (command: Command): boolean => {
  const [name, ...words] = gitOf(command)?.operands ?? []
  if (name !== "tag") return false
  const long = ["cleanup", "file", "format", "local-user", "message", "sort", "trailer"]
  const { operands, options } = optionsOf(words, { short: "Fmu", long, isMixed: true })
  return operands.length > 0 && !options.some(([option]) => isListing(option))
}

/** Whether it throws away what was not committed, or what only a name kept. */
export const isGitDiscard = (command: Command): boolean => {
  const [name = "", ...words] = gitOf(command)?.operands ?? []
  const { operands, options } = optionsOf(words, { isMixed: true })
  const has = (letters: string, long: string) => hasOption(options, letters, long)
  switch (name) {
    case "reset":
      return has("", "hard")
    case "clean":
      return has("f", "force") && !has("n", "dry-run")
    case "checkout":
    case "switch":
      return (
        has("f", "force") ||
        has("", "discard-changes") ||
        (name === "checkout" && operands.some(isWholeTree))
      )
    case "checkout-index":
      return has("f", "force")
    case "restore":
      return (!has("S", "staged") || has("W", "worktree")) && operands.some(isWholeTree)
    case "branch":
      return has("D", "") || (has("d", "delete") && has("f", "force"))
    case "stash":
      return operands[0] === "drop" || operands[0] === "clear"
    case "reflog":
      return operands[0] === "expire" || operands[0] === "delete"
    case "update-ref":
      return has("d", "") || has("", "stdin")
    case "worktree":
      return operands[0] === "remove" && has("f", "force")
    case "gc":
    case "prune":
      return name === "prune" || has("", "prune")
    default:
      return name === "filter-branch" || name === "filter-repo"
  }
}

/** Whether only git or the shell knows which subcommand it is. */
export const isOpenGit = (command: Command): boolean => {
  const git = gitOf(command)
  if (git === undefined) return false
  const isAlias = git.options.some(
    ([name, value]) => (name === "c" || name === "config-env") && /^alias\./i.test(value)
  )
  return isAlias || isNaming(git.operands) || (git.operands[0] ?? "").includes(unknown)
}

// files

/** Whether it deletes folders with all that is in them, and asks nothing; or what is no project's. */
export const isRemoveAll = ({ program, words }: Command): boolean => {
  if (program !== "rm") return false
  // An option that only the shell knows may be any.
  if (words.some((word) => word.startsWith("-") && word.includes(unknown))) return true
  const { operands, options } = optionsOf(words, { isMixed: true })
  if (!hasOption(options, "rR", "recursive")) return false
  return hasOption(options, "f", "force") || operands.some(isRoot)
}

/** Whether it deletes, or overwrites what lies below files. */
export const isDestroyingFiles = ({ program, words, writes = [] }: Command): boolean => {
  if (writes.some(isDisk) || program.startsWith("mkfs.")) return true
  switch (program) {
    case "find":
    case "fd":
      return words.includes("-delete") || execs(words, /^(rm|unlink|shred|truncate)$/)
    case "crontab": {
      const { options } = optionsOf(words, { short: "u", isMixed: true })
      return hasOption(options, "r", "") || !hasOption(options, "lVh", "help")
    }
    case "dd":
      return words.some((word) => word.startsWith("of=") && isDisk(word.slice(3)))
    case "tee":
    case "cp":
    case "mv":
      return words.some(isDisk)
    case "chmod":
    case "chown":
    case "chgrp": {
      const { operands, options } = optionsOf(words, { isMixed: true })
      return hasOption(options, "R", "recursive") && operands.slice(1).some(isRoot)
    }
    default:
      return databases.test(program) && words.some((word) => dropping.test(word))
  }
}

/** Whether it writes files that only its options name. */
export const isWritingFiles = ({ program, words, writes = [] }: Command): boolean => {
  if (writes.some((path) => !isStream(path))) return true
  const { options } = optionsOf(words, { isMixed: true })
  if (program === "sed" || program === "perl") return hasOption(options, "i", "in-place")
  if (program === "curl") return hasOption(options, "oO", "output")
  if (program === "sort") return hasOption(options, "o", "output")
  return program === "wget"
}

/** Files that a command names as those it is to write, as far as the shell or `tee` does it. */
export const writtenBy = ({ program, words, writes = [] }: Command): ReadonlyArray<string> =>
  program === "tee" ? [...writes, ...optionsOf(words, { isMixed: true }).operands] : writes

/** Whether what is written there goes to the terminal or nowhere. */
export const isStream = (path: string): boolean =>
  /^\/dev\/(null|stdout|stderr|tty|fd\/\d+)$/.test(path)

// network

/** Whether it sends something to another machine. */
export const isSending = (command: Command): boolean => {
  const { program, words } = command
  switch (program) {
    case "curl":
      return isCurlSending(words)
    case "wget":
    case "wget2":
      return words.some((word) => /^--(post|body)-(data|file)/.test(word)) || sends(words)
    case "http":
    case "https":
    case "xh":
    case "xhs":
      return words.some((word) => /^(post|put|patch|delete)$/i.test(word) || isItem(word))
    case "scp":
    case "rsync":
    case "rclone":
    case "gsutil":
      return isRemote(optionsOf(words, { isMixed: true }).operands.at(-1) ?? "")
    case "aws":
      return isAwsChanging(words)
    case "gh":
    case "glab":
      return (
        words[0] === "api" && (isCurlSending(words) || sends(words) || words.includes("--input"))
      )
    default:
      return false
  }
}

// internal --------------------------------------------------------------------

const isWholeTree = (path: string): boolean =>
  /^((\.{1,2}\/?)|:\/?|(:\/|\.\/)?\*)$/.test(path.replaceAll(unknown, ""))

/** `git config alias.p push` names what a later `git p` is. */
const isNaming = ([name, ...words]: ReadonlyArray<string>): boolean => {
  if (name !== "config" || words.some((word) => /^--(get|unset|remove)/.test(word))) return false
  const { operands } = optionsOf(words, { short: "f", long: ["file", "blob"], isMixed: true })
  if (/^(get|unset|list|remove-section)$/.test(operands[0] ?? "")) return false
  return /^alias\./i.test(operands.at(operands[0] === "set" ? 1 : 0) ?? "") && operands.length > 1
}

const listings = "contains list merged no-contains no-merged points-at verify".split(" ")

const isListing = (option: string): boolean =>
  /^[lnv]$/.test(option) || (option.length > 1 && listings.some((name) => name.startsWith(option)))

/** Whether one of the letters is there, or the long option, which may be cut short. */
const hasOption = (
  options: ReadonlyArray<readonly [name: string, value: string]>,
  letters: string,
  long: string
): boolean =>
  options.some(([name]) =>
    name.length === 1 ? letters.includes(name) : name !== "" && long.startsWith(name)
  )

/** A folder above every project, or what only the shell knows and may be one. */
const isRoot = (path: string): boolean =>
  path.startsWith(unknown) || roots.some((root) => root.test(path.replaceAll(unknown, "")))

const roots = [
  /^(\/|~[\w-]*|\.\.|[A-Za-z]:)[\\/.*]*$/,
  /^\/(bin|boot|dev|etc|home|lib\w*|opt|root|sbin|srv|sys|usr|var|Users|System)\/?\*?$/,
  /^(\.\.\/)+(\.\.|\*)?$/
]

const isDisk = (path: string): boolean =>
  /^\/dev\/(?!null$|zero$|std|tty|fd\/|shm\/|pts\/)/.test(path)

const execs = (words: ReadonlyArray<string>, program: RegExp): boolean =>
  words.some(
    (word, at) =>
      /^(-(exec|ok)(dir)?|-[xX]|--exec)$/.test(word) && program.test(words[at + 1] ?? "")
  )

const databases = /^(psql|mysql|mariadb|sqlite3|mongo|mongosh|cockroach|clickhouse-client)$/
const dropping = /\b(drop\s+(table|database|schema|user|role)|truncate\s+\w|dropDatabase)/i

const isCurlSending = (words: ReadonlyArray<string>): boolean => {
  const data = words.some((word) =>
    /^(-[A-Za-z#]*[dFT]|--(data|json|form|upload|url-query=)[a-z-]*(=|$)|-[fF]$|--(raw-)?field)/.test(
      word
    )
  )
  // With -G, data becomes part of the address.
  const isGet = words.some((word) => /^(-[A-Za-z]*G|--get)$/.test(word))
  return (data && !isGet) || sends(words)
}

/** Whether a method is named that does more than read. */
const sends = (words: ReadonlyArray<string>): boolean =>
  words.some((word, at) => {
    const named = /^(?:-[A-Za-z]*X|--(?:request|method))=?(.*)$/s.exec(word)
    if (named === null) return false
    const method = named[1] === "" || named[1] === undefined ? (words[at + 1] ?? "") : named[1]
    return !/^(get|head|options|trace)$/i.test(method)
  })

/** `name=value` and its kin make a request that sends. A parameter, `name==value`, does not. */
const isItem = (word: string): boolean => /^[\w.-]+(:=@?|=(?!=)|@)/.test(word)

const isRemote = (path: string): boolean =>
  path.includes(unknown) || /^[a-z][\w+.-]*:\/\//i.test(path) || /^[^/:]+:/.test(path)

/** `aws`: what does not begin as something that reads. */
const isAwsChanging = (words: ReadonlyArray<string>): boolean => {
  const long = ["profile", "region", "output", "endpoint-url", "query", "color"]
  const { operands } = optionsOf(words, { long, isMixed: true })
  const [service = "", verb = ""] = operands
  if (/^(cp|mv|sync)$/.test(verb)) return isRemote(operands.at(-1) ?? "")
  if (verb === "" || /^(configure|sso|help)$/.test(service)) return false
  return !awsReads.test(verb)
}

const awsReads =
  /^(get|describe|list|head|ls|lookup|search|query|scan|select|batch-get|wait|help|filter|tail|estimate|validate|detect|presign|view|check|test|simulate|assume-role|decode)(-|$)/
