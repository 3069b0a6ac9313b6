/**
 * Programs of this repository for tests that start them often: each compiled into a few files, since
 * a process that reads eight hundred begins only after half a second.
 *
 * What a module looks for beside itself it finds beside its source.
 */
import { createHash } from "node:crypto"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { rolldown, type OutputChunk } from "rolldown"

// services --------------------------------------------------------------------

/**
 * The path of the program that begins in this file, as the sources are now. Those who ask meanwhile
 * get the same: what is there is never changed.
 */
export const compiled = async (main: string): Promise<string> => {
  const chunks = await chunksOf(main)
  const hash = createHash("sha256")
  for (const { code, fileName } of chunks) hash.update(`${fileName}\0${code}\0`)
  const folder = join(root, hash.digest("hex").slice(0, 16))
  if (existsSync(folder)) {
    // What is used is not old, however long ago it was made.
    const now = new Date()
    utimesSync(folder, now, now)
  } else {
    dropOld()
    place(folder, chunks)
  }
  return join(folder, "main.js")
}

// internal --------------------------------------------------------------------

const dayMillis = 24 * 60 * 60 * 1000
const root = join(import.meta.dirname, "../../../.tools/programs")

const chunksOf = async (main: string): Promise<ReadonlyArray<OutputChunk>> => {
  const build = await rolldown({
    input: { main },
    platform: "node",
    // Those of others stay where they are, but for the one of which most is read.
    external: /^(?!effect\b|@effect\/|@foreman\/|[./])/,
    resolve: { conditionNames: ["@foreman/source", "node", "import", "default"] },
    plugins: [
      {
        name: "beside-its-source",
        transform: (code, path) =>
          code.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href))
      }
    ]
  })
  try {
    const { output } = await build.generate({ format: "esm", entryFileNames: "[name].js" })
    return output.filter((file) => file.type === "chunk")
  } finally {
    await build.close()
  }
}

/** Removes what no run of the tests can use any more. */
const dropOld = (): void => {
  mkdirSync(root, { recursive: true })
  for (const name of readdirSync(root)) {
    const folder = join(root, name)
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0)
    if (age > dayMillis) rmSync(folder, { recursive: true, force: true })
  }
}

const place = (folder: string, chunks: ReadonlyArray<OutputChunk>): void => {
  const draft = mkdtempSync(join(root, "draft-"))
  for (const { code, fileName } of chunks) writeFileSync(join(draft, fileName), code)
  try {
    renameSync(draft, folder)
  } catch (error) {
    rmSync(draft, { recursive: true })
    // Somebody else was faster.
    if (!existsSync(folder)) throw error
  }
}
