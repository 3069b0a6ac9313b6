/**
 * Why an import is refused.
 *
 * @internal
 */
import { Data } from "effect"

// models ----------------------------------------------------------------------

/**
 * What is wrong with what was read.
 *
 * @category models
 * @since 0.1.0
 */
export type Reason =
  /** The first line is not that of an export. */
  | { readonly _tag: "NotAnExport" }
  | { readonly _tag: "UnknownVersion"; readonly version: number; readonly known: number }
  /** It was written by a program whose tables are others. */
  | { readonly _tag: "OtherTables" }
  /** It ends before its trailer. */
  | { readonly _tag: "Cut" }
  /** The digest of the trailer is not that of the lines. */
  | { readonly _tag: "Altered" }
  | { readonly _tag: "LineTooLong"; readonly maxBytes: number }
  /** A line that is no JSON, or not of a known form. */
  | { readonly _tag: "Malformed" }
  /** A line that cannot stand here. */
  | { readonly _tag: "Misplaced"; readonly kind: string }
  /** An organisation that comes a second time, or not in the order of names. */
  | { readonly _tag: "OrganizationMisplaced"; readonly organization: string }
  | { readonly _tag: "UnknownEvent"; readonly organization: string; readonly type: string }
  /** An event that does not follow from the one before it. */
  | { readonly _tag: "NotNext"; readonly organization: string; readonly position: number }
  | { readonly _tag: "NotReplayable"; readonly organization: string; readonly position: number }
  /** Tables that hold something else here than they did where they come from. */
  | {
      readonly _tag: "RowsDiffer"
      readonly organization: string
      readonly tables: ReadonlyArray<string>
    }
  /** The bytes of an artifact are not those of its digest. */
  | { readonly _tag: "BytesDiffer"; readonly digest: string }

// errors ----------------------------------------------------------------------

/**
 * What was read is not a whole export, or not one that this version knows. Nothing of it was written.
 *
 * @category errors
 * @since 0.1.0
 */
export class ImportRefused extends Data.TaggedError("ImportRefused")<{
  readonly reason: Reason
  /** The line at which this was found, counted from 1; 0 where there is none. */
  readonly line: number
}> {
  override get message() {
    const words = this.line === 0 ? nothingThere : `line ${this.line} ${wordsOf(this.reason)}`
    return `Nothing was imported: ${words}`
  }
}

// internal --------------------------------------------------------------------

const otherProgram = "import it with the program that wrote it, or a newer one"

const nothingThere =
  "the file is empty and is no export: export the other store again (foreman export FILE)"

const wordsOf = (reason: Reason): string => {
  switch (reason._tag) {
    case "NotAnExport":
      return "is not the beginning of an export"
    case "UnknownVersion":
      return `says version ${reason.version}, and this program knows ${reason.known}: ${otherProgram}`
    case "OtherTables":
      return "was written by another version of this program: import it with that one, then upgrade"
    case "Cut":
      return "is the last one and is no trailer: the export is cut off, so export again"
    case "Altered":
      return (
        "does not fit what comes before it: something was changed on the way, so copy or export " +
        "it again"
      )
    case "LineTooLong":
      return `is longer than ${reason.maxBytes} bytes`
    case "Malformed":
      return "is not a line of an export"
    case "Misplaced":
      return `is of kind ${reason.kind} and cannot stand there`
    case "OrganizationMisplaced":
      return `begins ${reason.organization}, which came before or should have`
    case "UnknownEvent":
      return (
        `has an event of type ${reason.type} of ${reason.organization}, which this program does ` +
        `not know: ${otherProgram}`
      )
    case "NotNext":
      return (
        `comes after the event ${reason.position} of ${reason.organization}, which does not follow ` +
        "from the one before it"
      )
    case "NotReplayable":
      return (
        `comes after the event ${reason.position} of ${reason.organization}, which cannot be ` +
        "replayed"
      )
    case "RowsDiffer":
      return (
        `ends ${reason.organization}, whose events make other rows of ` +
        `${reason.tables.join(", ")} than its store held: look at that store with the doctor, and ` +
        "rebuild it"
      )
    case "BytesDiffer":
      return `ends the artifact ${reason.digest}, whose bytes are others`
  }
}
