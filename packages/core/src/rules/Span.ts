/**
 * Spans: what a run may write, as paths of one space, so that it is plain whether two of them meet.
 *
 * The space of an organisation begins with `repo/<id>/`, `task/<id>/` or, where there is no repository,
 * `project/<id>/`. Below stand the folders and files of the repository. A span is a text that ends in
 * `/`; whatever lies below it is of it.
 *
 * @since 0.1.0
 */
import { Result, Schema } from "effect"

// models ----------------------------------------------------------------------

/**
 * A path of the space in its one form, as `repo/<id>/src/api/`.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Span = Schema.String.check(
  Schema.isMaxLength(1000),
  Schema.isPattern(/^(repo|project|module|task)\/[^/]+\/([^/]+\/)*$/)
)
  .annotate({ description: "Path of what may be written, as repo/<id>/src/" })
  .pipe(Schema.brand("Span"))
export type Span = typeof Span.Type

/**
 * A scope that a task asks for, as what it says.
 *
 * @category models
 * @since 0.1.0
 */
export type Scope =
  | { readonly _tag: "Repository"; readonly projectId: string }
  | { readonly _tag: "Module"; readonly moduleId: string }
  | { readonly _tag: "Span"; readonly span: Span }

/**
 * What scopes are made spans with.
 *
 * @category models
 * @since 0.1.0
 */
export interface ScopeFacts {
  /** The repository of the task that asks, if it works in one. */
  readonly repositoryId: string | null
  /** Those of the projects that are there, by id. */
  readonly projects: ReadonlyMap<string, { readonly repositoryId: string | null }>
  /** Those of the modules that are there, by id. */
  readonly modules: ReadonlyMap<
    string,
    { readonly projectId: string; readonly paths: ReadonlyArray<string> }
  >
}

// rules -----------------------------------------------------------------------

/**
 * The most spans that a lease has. Who asks for more is given what lies above all of them.
 *
 * @category rules
 * @since 0.1.0
 */
export const most = 50

/**
 * Reads a span, however it is written, or says what is wrong with it.
 *
 * **Details**
 *
 * Empty and `.` parts are left out, letters are composed, and from the first part with a `*` on it is
 * cut off, which makes it wider. What could lead out of the space is refused: `..`, a backslash,
 * characters that nobody sees.
 *
 * **Example** (One form)
 *
 * ```ts import.meta.vitest
 * import { Result } from "effect"
 * import { Span } from "@foreman/core"
 *
 * Result.getOrNull(Span.parse("/repo/1//src/./api")) // => "repo/1/src/api/"
 * Result.getOrNull(Span.parse("repo/1/src/../../2")) // => null
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const parse = (text: string): Result.Result<Span, string> => {
  if (text.length > 1000) return Result.fail("Expected at most 1000 characters")
  if (isHidden(text)) return Result.fail("Expected no control characters and no backslash")
  const [head = "", owner = "", ...path] = partsOf(text)
  if (path.concat(owner).includes("..")) return Result.fail("Expected no part that is ..")
  if (!heads.has(head)) return Result.fail(`Expected a path of ${[...heads].join(", ")}`)
  if (owner === "" || owner.includes("*")) return Result.fail(`Expected an id after ${head}/`)
  if (head === "task" && !isNumber(owner)) return Result.fail("Expected the number of a task")
  const id = uuid.test(owner) ? owner.toLowerCase() : owner
  return made(`${[head, id, ...uncut(path)].join("/")}/`)
}

/**
 * Says whether two spans meet: they are one, or the one lies in the other.
 *
 * **Example** (Above and beside)
 *
 * ```ts import.meta.vitest
 * import { Result } from "effect"
 * import { Span } from "@foreman/core"
 *
 * const [src, api, test] = ["repo/1/src", "repo/1/src/api", "repo/1/test"].map((text) =>
 *   Result.getOrThrow(Span.parse(text))
 * )
 *
 * Span.overlaps(src, api) // => true
 * Span.overlaps(api, test) // => false
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const overlaps = (left: Span, right: Span): boolean =>
  left.startsWith(right) || right.startsWith(left)

/**
 * Says whether one of these meets one of those.
 *
 * @category rules
 * @since 0.1.0
 */
export const meet = (these: ReadonlyArray<Span>, those: ReadonlyArray<Span>): boolean =>
  these.some((one) => those.some((other) => overlaps(one, other)))

/**
 * The same spans without those that lie in another one of them, in order; no more than a lease has.
 *
 * @category rules
 * @since 0.1.0
 */
export const outermost = (spans: ReadonlyArray<Span>): ReadonlyArray<Span> => {
  const kept: Array<Span> = []
  for (const span of spans.toSorted()) {
    // What a span begins with comes before it, and so does nothing else in between.
    const last = kept.at(-1)
    if (last === undefined || !span.startsWith(last)) kept.push(span)
  }
  return kept.length <= most ? kept : outermost(kept.map(rootOf))
}

/**
 * Reads a scope: `repo:<project>`, `module:<id>`, `task:<id>` or a span; or says what is wrong with it.
 *
 * @category rules
 * @since 0.1.0
 */
export const scopeOf = (text: string): Result.Result<Scope, string> => {
  const found = /^\s*(?<kind>repo|module|task):(?<id>.*)$/su.exec(text)?.groups
  if (found === undefined) {
    return Result.map(parse(text), (span) => ({ _tag: "Span", span }))
  }
  const { id = "", kind } = found
  if (kind === "task") {
    return Result.map(parse(`task/${id.trim()}`), (span) => ({ _tag: "Span", span }))
  }
  const name = id.trim()
  if (!named.test(name)) return Result.fail(`Expected an id after ${kind}:`)
  return Result.succeed(
    kind === "repo" ? { _tag: "Repository", projectId: name } : { _tag: "Module", moduleId: name }
  )
}

/**
 * What is wrong with a scope as a caller wrote it; undefined when nothing is.
 *
 * @category rules
 * @since 0.1.0
 */
export const problemOf = (text: string): string | undefined => {
  const scope = scopeOf(text)
  return Result.isFailure(scope) ? scope.failure : undefined
}

/**
 * The spans that a task's run has to hold: none if it only reads, its own alone if it names no scope.
 *
 * **Details**
 *
 * A project means its repository; where it has none, itself and the repository of the task. A module
 * means its paths there, or all of it. What is not there any more still keeps off who names it too.
 *
 * @category rules
 * @since 0.1.0
 */
export const spansOf = (
  task: {
    readonly id: number
    readonly type: "read" | "write"
    readonly scopes: ReadonlyArray<string>
  },
  facts: ScopeFacts
): ReadonlyArray<Span> => {
  if (task.type === "read") return []
  const own = Span.make(`task/${task.id}/`)
  if (task.scopes.length === 0) return [own]
  return outermost(
    task.scopes.flatMap((text) => {
      const scope = scopeOf(text)
      return Result.isFailure(scope) ? [own] : spansOfScope(scope.success, facts)
    })
  )
}

// internal --------------------------------------------------------------------

const heads: ReadonlySet<string> = new Set(["repo", "project", "module", "task"])

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** An id as the creator of a project or a module may choose it. */
const named = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/

const isNumber = (text: string): boolean =>
  /^[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))

/** Half a character would not come back from a store as it went in. */
const isHidden = (text: string): boolean =>
  /[\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text) || !isWellFormed(text)

const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text)

const partsOf = (text: string): ReadonlyArray<string> =>
  text
    .normalize("NFC")
    .trim()
    .split("/")
    .filter((part) => part !== "" && part !== ".")

/** The parts before the first that stands for several. */
const uncut = (path: ReadonlyArray<string>): ReadonlyArray<string> => {
  const cut = path.findIndex((part) => part.includes("*"))
  return cut === -1 ? path : path.slice(0, cut)
}

const made = (text: string): Result.Result<Span, string> =>
  text.length > 1000
    ? Result.fail("Expected at most 1000 characters")
    : Result.succeed(Span.make(text))

/** All of the repository, project or task in which a span lies. */
const rootOf = (span: Span): Span => Span.make(`${span.split("/").slice(0, 2).join("/")}/`)

const spansOfScope = (scope: Scope, facts: ScopeFacts): ReadonlyArray<Span> => {
  switch (scope._tag) {
    case "Span":
      return [scope.span]
    case "Repository":
      return basesOf(scope.projectId, facts)
    case "Module": {
      const module = facts.modules.get(scope.moduleId)
      if (module === undefined) return [Span.make(`module/${scope.moduleId}/`)]
      const bases = basesOf(module.projectId, facts)
      const below = module.paths.flatMap((path) => bases.map((base) => parse(`${base}${path}`)))
      // A path that cannot be read could mean anything.
      const isPlain = below.length > 0 && below.every(Result.isSuccess)
      return isPlain ? below.flatMap((one) => Result.getOrElse(one, () => [])) : bases
    }
  }
}

/** Where a project is. One without a repository is where the task that names it works, and itself. */
const basesOf = (projectId: string, facts: ScopeFacts): ReadonlyArray<Span> => {
  const own = facts.projects.get(projectId)?.repositoryId ?? null
  const repository = own ?? facts.repositoryId
  const at = repository === null ? [] : [Span.make(`repo/${repository.toLowerCase()}/`)]
  return own === null ? [...at, Span.make(`project/${projectId}/`)] : at
}
