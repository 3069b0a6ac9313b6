/**
 * Names and paths of artifacts: what somebody chose is made harmless before anybody sees it.
 *
 * A path is for people and for links. It never says where bytes lie: those lie under their digest.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import type { RunId } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * A name that is harmless as it is: at most eight parts with `/` between them, no part hidden
 * behind dots, control characters or characters that turn the text around.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ArtifactName = Schema.String.check(
  Schema.isMinLength(1),
  Schema.isMaxLength(400),
  Schema.makeFilter((name) => harmless(name) === name || "Expected a relative path of plain names")
).annotate({
  description: "Name of the artifact, unique in its run: a relative path like shots/login.png"
})

// rules -----------------------------------------------------------------------

/**
 * Makes a name harmless. What is harmless stays as it is.
 *
 * **Example** (A name that would lead out)
 *
 * ```ts import.meta.vitest
 * import { Artifact } from "@foreman/core"
 *
 * Artifact.harmless("../etc/pass\u202ewd") // => "_/etc/pass_wd"
 * Artifact.harmless("shots/login.png") // => "shots/login.png"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const harmless = (name: string): string => {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".")
  const kept = parts.slice(0, mostParts).map(harmlessPart)
  const whole = kept.length === 0 ? "_" : kept.join("/")
  return whole.length <= mostCharacters ? whole : harmless(shortened(whole, mostCharacters))
}

/**
 * A name that is not among those, made from one by a number before its extension.
 *
 * @category rules
 * @since 0.1.0
 */
export const unlike = (name: string, taken: ReadonlySet<string>): string => {
  if (!taken.has(name)) return name
  const slash = name.lastIndexOf("/") + 1
  // Both are cut so that there is room for the number, whatever it is.
  const folder = slash > mostCharacters / 2 ? "" : name.slice(0, slash)
  const extension = extensionOf(name)
  const end = extension === "" || extension.length > 20 ? "" : name.slice(-1 - extension.length)
  const stem = shortened(name.slice(slash, name.length - end.length), mostPartCharacters - 40)
  for (let number = 2; ; number += 1) {
    const other = harmless(`${folder}${stem}-${number}${end}`)
    if (!taken.has(other)) return other
  }
}

/**
 * The path of an artifact: each run has a folder of its own.
 *
 * @category rules
 * @since 0.1.0
 */
export const pathOf = (runId: RunId, name: string): string => `runs/${runId}/${name}`

/**
 * The name under which a browser saves an artifact: the last part of its path, `artifact` where
 * there is none.
 *
 * @category rules
 * @since 0.1.0
 */
export const fileNameOf = (path: string): string => {
  const last = path.split(/[/\\]/).at(-1) ?? ""
  return last === "" ? "artifact" : last
}

/**
 * What stands behind the last dot of the file name, in lower case; empty where there is none.
 *
 * @category rules
 * @since 0.1.0
 */
export const extensionOf = (path: string): string =>
  /[^.]\.([^.]+)$/.exec(fileNameOf(path))?.[1]?.toLowerCase() ?? ""

// internal --------------------------------------------------------------------

const mostParts = 8
const mostCharacters = 400
const mostPartCharacters = 120

/** Controls, what turns or hides text, halves of characters, and what some file system minds. */
const harmful = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\ufffd\\:*?"<>|]/gu

const harmlessPart = (part: string): string => {
  const plain = part.normalize("NFC").replaceAll(harmful, "_").normalize("NFC")
  // `..` leads out, and a name that ends in a dot or a space is another one on some systems.
  const kept = shortened(plain.trim(), mostPartCharacters).replace(/[.\s]+$/u, "")
  return kept === "" ? "_" : kept
}

/** Its beginning tells it apart and its end says what it is. Never half of a character is left. */
const shortened = (text: string, most: number): string => {
  if (text.length <= most) return text
  const extension = extensionOf(text)
  const end = extension === "" || extension.length > 20 ? "" : `.${extension}`
  const place = most - end.length
  const isHalf = /[\ud800-\udbff]/.test(text[place - 1] ?? "")
  return `${text.slice(0, isHalf ? place - 1 : place)}${end}`
}
