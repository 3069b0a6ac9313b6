/**
 * What the bytes of an artifact are taken for: by its name and its kind alone, never by the bytes
 * themselves and never by a table of the machine, so that every server says the same.
 *
 * @since 0.1.0
 */
import { extensionOf, fileNameOf } from "./ArtifactPath.ts"

// rules -----------------------------------------------------------------------

/**
 * The type of what nothing is known of.
 *
 * @category models
 * @since 0.1.0
 */
export const unknownType = "application/octet-stream"

/**
 * How many bytes are shown of an artifact, and compared at most of each of two.
 *
 * @category models
 * @since 0.1.0
 */
export const maxPreviewBytes = 65_536

/**
 * The content type of an artifact, from the extension of its path, else from its kind.
 *
 * **Example** (By the name, then by the kind)
 *
 * ```ts import.meta.vitest
 * import { Artifact } from "@foreman/core"
 *
 * Artifact.typeOf("runs/7/page.HTML", "html_report") // => "text/html; charset=utf-8"
 * Artifact.typeOf("runs/7/output", "run_log") // => "text/plain; charset=utf-8"
 * Artifact.typeOf("runs/7/core", "file") // => "application/octet-stream"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const typeOf = (path: string, kind: string): string =>
  types.get(extensionOf(path)) ?? (isTextLike(kind) ? plain : unknownType)

/**
 * Says whether its beginning can be shown as text, and whether it can be compared.
 *
 * @category rules
 * @since 0.1.0
 */
export const isPreviewable = (contentType: string): boolean => {
  const essence = essenceOf(contentType)
  return essence.startsWith("text/") || structured.has(essence)
}

/**
 * Says whether a browser may show the raw content in its place. Everything that could run is saved
 * instead.
 *
 * @category rules
 * @since 0.1.0
 */
export const isInline = (contentType: string): boolean => inline.has(essenceOf(contentType))

/**
 * The value of `Content-Disposition` for the raw content.
 *
 * **Example** (A name in two forms)
 *
 * ```ts import.meta.vitest
 * import { Artifact } from "@foreman/core"
 *
 * Artifact.dispositionOf("runs/7/a b.txt", "text/plain") // => 'inline; filename="a b.txt"'
 * Artifact.dispositionOf("runs/7/é.zip", "application/zip")
 * // => "attachment; filename=\"_.zip\"; filename*=UTF-8''%C3%A9.zip"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const dispositionOf = (path: string, contentType: string): string => {
  const name = fileNameOf(path)
  const ascii = name.replaceAll(/[^\x20-\x7e]|["\\%]/gu, "_")
  const simple = `${isInline(contentType) ? "inline" : "attachment"}; filename="${ascii}"`
  return ascii === name ? simple : `${simple}; filename*=UTF-8''${extended(name)}`
}

// internal --------------------------------------------------------------------

const plain = "text/plain; charset=utf-8"

const text = (subtype: string): string => `text/${subtype}; charset=utf-8`

const types: ReadonlyMap<string, string> = new Map([
  ...["txt", "log", "diff", "patch"].map((end) => [end, plain] as const),
  ...["md", "markdown"].map((end) => [end, text("markdown")] as const),
  ["json", "application/json"],
  ["yml", "application/x-yaml"],
  ["yaml", "application/x-yaml"],
  ["xml", "application/xml"],
  ["csv", text("csv")],
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["gif", "image/gif"],
  ["webp", "image/webp"],
  ["svg", "image/svg+xml"],
  // From here on what other tables of types would have said.
  ["html", text("html")],
  ["htm", text("html")],
  ["css", text("css")],
  ["js", text("javascript")],
  ["mjs", text("javascript")],
  ["pdf", "application/pdf"],
  ["gz", "application/gzip"],
  ["tar", "application/x-tar"],
  ["wasm", "application/wasm"],
  ["zip", "application/zip"],
  ["mp4", "video/mp4"],
  ["webm", "video/webm"]
])

const structured = new Set(["application/json", "application/xml", "application/x-yaml"])

const inline = new Set([
  "text/plain",
  "text/markdown",
  "text/csv",
  "application/json",
  "application/x-yaml",
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp"
])

const textLike = new Set(["assistant_summary", "command_result", "diff_summary"])

const isTextLike = (kind: string): boolean => textLike.has(kind) || kind.endsWith("_log")

const essenceOf = (contentType: string): string =>
  (contentType.split(";", 1)[0] ?? "").trim().toLowerCase()

/** As RFC 5987 writes it: `encodeURIComponent` leaves four characters that it does not allow. */
const extended = (name: string): string =>
  encodeURIComponent(name.toWellFormed()).replaceAll(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  )
