/**
 * Snippets of pages: code that stands in a file, which is run, and is shown on the page as it is.
 *
 * A line `<!-- file: examples/quickstart/src/main.ts -->` before a fence names the file. A part of
 * it is named by `#region`, and stands between `// #region name` and `// #endregion name`. A file
 * that is not to be run says why: `<!-- file: path; not run: it serves until it is stopped -->`. A
 * line `<!-- output: path -->` names the program whose answer on stdout the fence shows.
 */
import type { TextFile } from "../tidy/Repository.ts"
import type { Finding } from "../tidy/SourceFile.ts"

// models ----------------------------------------------------------------------

/** What the line before a fence says of it. */
export interface Mark {
  readonly kind: "file" | "output"
  readonly path: string
  readonly region?: string
  readonly notRun?: string
}

/** A fence of a page. */
export interface Fence {
  readonly page: string
  readonly line: number
  readonly language: string
  readonly code: string
  readonly indent: string
  readonly mark?: Mark
}

/** Languages whose code is never only for show. */
export const code: ReadonlySet<string> = new Set(["ts", "typescript", "js", "javascript", "tsx"])

/** Pages for which decisions and generated text are quoted freely. */
export const free: RegExp = /^docs\/(adr|reference)\/|CHANGELOG\.md$|^\.changeset\//

// rules -----------------------------------------------------------------------

/** The fences of a page. */
export const fencesOf = ({ path, text }: TextFile): ReadonlyArray<Fence> => {
  const lines = text.split("\n")
  const found: Array<Fence> = []
  for (let index = 0; index < lines.length; index++) {
    const [, indent, ticks, language] = /^(\s*)(`{3,})(.*)$/.exec(lines[index] ?? "") ?? []
    if (ticks === undefined || indent === undefined) continue
    const last = lines.findIndex((line, at) => at > index && line.trim() === ticks)
    if (last === -1) break
    const inner = lines.slice(index + 1, last).map((line) => line.slice(indent.length))
    const above = lines.slice(0, index).findLast((line) => line.trim() !== "")
    const mark = markIn(above ?? "")
    found.push({
      page: path,
      line: index + 1,
      language: (language ?? "").trim(),
      code: inner.join("\n"),
      indent,
      ...(mark === undefined ? {} : { mark })
    })
    index = last
  }
  return found
}

/** What is wrong with the fences of the pages: code from nowhere, or not as its file has it. */
export const problems = (texts: ReadonlyArray<TextFile>): ReadonlyArray<Finding> =>
  pagesOf(texts)
    .flatMap(fencesOf)
    .flatMap((fence) => {
      const problem = problemOf(fence, texts)
      return problem === undefined ? [] : [{ path: fence.page, line: fence.line, message: problem }]
    })

/** The programs that pages show and that are run, each once. */
export const programs = (texts: ReadonlyArray<TextFile>): ReadonlyArray<string> => {
  const shown = pagesOf(texts)
    .flatMap(fencesOf)
    .flatMap(({ mark }) => (mark === undefined || mark.notRun !== undefined ? [] : [mark.path]))
  return [...new Set(shown)].filter((path) => /\.[mc]?[jt]s$/.test(path)).toSorted()
}

/** What pages show of the answer of a program. */
export const outputsOf = (texts: ReadonlyArray<TextFile>, program: string): ReadonlyArray<Fence> =>
  pagesOf(texts)
    .flatMap(fencesOf)
    .filter(({ mark }) => mark?.kind === "output" && mark.path === program)

/** A page whose marked fences show what they name. */
export const fill = (
  page: TextFile,
  texts: ReadonlyArray<TextFile>,
  outputs: Readonly<Record<string, string>>
): TextFile => {
  const lines = page.text.split("\n")
  for (const { code: old, indent, line, mark } of fencesOf(page).toReversed()) {
    const shown = mark?.kind === "output" ? outputs[mark.path] : mark && textOf(mark, texts)
    if (shown === undefined) continue
    const inner = shown
      .trimEnd()
      .split("\n")
      .map((one) => (one === "" ? "" : indent + one))
    lines.splice(
      line,
      old === "" && lines[line]?.trim() !== "" ? 0 : old.split("\n").length,
      ...inner
    )
  }
  return { path: page.path, text: lines.join("\n") }
}

/** Commands on pages that `package.json` does not have. */
export const unknownScripts = (
  texts: ReadonlyArray<TextFile>,
  scripts: ReadonlyArray<string>
): ReadonlyArray<Finding> =>
  pagesOf(texts).flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      [...line.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start))\b/g)]
        .map(([, run, plain]) => run ?? plain ?? "")
        .filter((script) => !scripts.includes(script))
        .map((script) => ({ path, line: index + 1, message: `there is no script ${script}` }))
    )
  )

/** Links between pages that lead nowhere. */
export const brokenLinks = (
  texts: ReadonlyArray<TextFile>,
  exists: (path: string) => boolean
): ReadonlyArray<Finding> =>
  pagesOf(texts).flatMap(({ path, text }) =>
    text.split("\n").flatMap((line, index) =>
      [...line.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)]
        .map(([, target]) => target ?? "")
        .filter((target) => !exists(new URL(target, `file:///${path}`).pathname.slice(1)))
        .map((target) => ({ path, line: index + 1, message: `the link ${target} leads nowhere` }))
    )
  )

// internal --------------------------------------------------------------------

const pagesOf = (texts: ReadonlyArray<TextFile>): ReadonlyArray<TextFile> =>
  texts.filter(({ path }) => path.endsWith(".md"))

const markIn = (line: string): Mark | undefined => {
  const [, kind, path, region, notRun] =
    /^\s*<!-- (file|output): ([^\s#;]+)(?:#([\w-]+))?(?:; not run: (.+))? -->$/.exec(line) ?? []
  if (path === undefined) return undefined
  return {
    kind: kind === "output" ? "output" : "file",
    path,
    ...(region === undefined ? {} : { region }),
    ...(notRun === undefined ? {} : { notRun })
  }
}

const textOf = ({ path, region }: Mark, texts: ReadonlyArray<TextFile>): string | undefined => {
  const text = texts.find((one) => one.path === path)?.text
  return text === undefined || region === undefined ? text : regionOf(text, region)
}

const problemOf = (fence: Fence, texts: ReadonlyArray<TextFile>): string | undefined => {
  const { language, mark, page } = fence
  if (mark === undefined) {
    const [name = "", ...rest] = language.split(" ")
    if (!code.has(name) || rest.includes("import.meta.vitest") || free.test(page)) return undefined
    return "shows code that no file has: name its file above, or let it run as an example"
  }
  if (!texts.some(({ path }) => path === mark.path))
    return `shows ${mark.path}, which does not exist`
  if (mark.kind === "output") {
    return mark.notRun === undefined
      ? undefined
      : `shows the output of ${mark.path}, which is not run`
  }
  const text = textOf(mark, texts)
  if (text === undefined) return `shows the region ${mark.region} of ${mark.path}, which has none`
  return text.trim() === fence.code.trim() ? undefined : `differs from ${mark.path}`
}

const regionOf = (text: string, name: string): string | undefined => {
  const lines = text.split("\n")
  const isMark = (line: string, mark: string) =>
    new RegExp(`^\\s*(?://|#) ?#${mark} ${name}\\s*$`).test(line)
  const begin = lines.findIndex((line) => isMark(line, "region"))
  const end = lines.findIndex((line) => isMark(line, "endregion"))
  if (begin === -1 || end < begin) return undefined
  const inner = lines.slice(begin + 1, end)
  const indents = inner.filter((line) => line.trim() !== "").map((line) => line.search(/\S/))
  return inner.map((line) => line.slice(Math.min(...indents))).join("\n")
}
