import { type Finding, parse, type SourceFile } from "../../src/tidy/SourceFile.ts"

/** What a check says of a file with this text: the line and the message of each finding. */
export const saidOf = (
  check: (file: SourceFile) => ReadonlyArray<Finding>,
  path: string,
  text: string
): ReadonlyArray<string> =>
  check(parse(path, text)).map(({ line, message }) => `${line} ${message}`)
