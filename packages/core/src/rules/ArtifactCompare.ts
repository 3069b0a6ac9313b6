/**
 * Comparing an artifact with one before it: which ones those are, and what can be said of the two.
 *
 * @since 0.1.0
 */
import { Result, Schema } from "effect"
import type { Artifact } from "./Artifact.ts"
import { isPreviewable, maxPreviewBytes } from "./ArtifactContent.ts"
import { ArtifactId } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * What came of a comparison.
 *
 * @category models
 * @since 0.1.0
 */
export const Status = Schema.Literals([
  "unsupported",
  "no_previous",
  "too_large",
  "ready"
]).annotate({ description: "What came of the comparison; only ready has a diff" })
export type Status = typeof Status.Type

/**
 * How many artifacts before one it may be compared with: the latest of its task and kind.
 *
 * @category models
 * @since 0.1.0
 */
export const maxHistory = 5

/**
 * What is said of a comparison to people.
 *
 * @category models
 * @since 0.1.0
 */
export interface Message {
  readonly title: string
  readonly detail: string
}

// errors ----------------------------------------------------------------------

/**
 * The artifact that was named is none of those that this one may be compared with.
 *
 * @category errors
 * @since 0.1.0
 */
export class CompareSelectionInvalid extends Schema.TaggedError<CompareSelectionInvalid>()(
  "CompareSelectionInvalid",
  { artifactId: ArtifactId, previousArtifactId: Schema.String },
  { httpApiStatus: 400 }
) {
  override get message() {
    return (
      `artifact compare selection invalid: ${this.previousArtifactId} is not inside the bounded ` +
      `recent history for ${this.artifactId}`
    )
  }
}

// rules -----------------------------------------------------------------------

/**
 * The one of the history that is compared: the one that was named, or the latest. There is never
 * another in the place of one that was named.
 *
 * @category rules
 * @since 0.1.0
 */
export const select = (
  current: Pick<Artifact, "id">,
  history: ReadonlyArray<Artifact>,
  wanted: string | undefined
): Result.Result<Artifact | undefined, CompareSelectionInvalid> => {
  const name = wanted?.trim() ?? ""
  const recent = history.slice(0, maxHistory)
  if (name === "") return Result.succeed(recent[0])
  const found = recent.find(({ id }) => id === name.toLowerCase())
  return found === undefined
    ? Result.fail(new CompareSelectionInvalid({ artifactId: current.id, previousArtifactId: name }))
    : Result.succeed(found)
}

/**
 * What can be said of the two. What cannot be shown as text is not compared, whether there is
 * anything to compare it with or not.
 *
 * @category rules
 * @since 0.1.0
 */
export const statusOf = (
  current: Pick<Artifact, "contentType" | "size">,
  previous: Pick<Artifact, "contentType" | "size"> | undefined
): Status => {
  if (!isPreviewable(current.contentType)) return "unsupported"
  if (previous === undefined) return "no_previous"
  if (!isPreviewable(previous.contentType)) return "unsupported"
  const isLarge = current.size > maxPreviewBytes || previous.size > maxPreviewBytes
  return isLarge ? "too_large" : "ready"
}

/**
 * What is said of each status.
 *
 * @category models
 * @since 0.1.0
 */
export const messages: Readonly<Record<Status, Message>> = {
  unsupported: {
    title: "Compare unavailable",
    detail: "Only text and structured text can be compared."
  },
  no_previous: {
    title: "No previous artifact",
    detail: "There is no earlier artifact of the same task and kind."
  },
  too_large: {
    title: "Compare too large",
    detail: `Files of more than ${maxPreviewBytes} bytes are not compared.`
  },
  ready: { title: "Compare ready", detail: "The change is shown as a unified diff." }
}
