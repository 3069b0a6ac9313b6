/**
 * `npm run bench:install`: puts what some benchmarks compare with into `benchmark/peers`, by the lock
 * that lies there and out of git. Doing it again does nothing.
 *
 * It ends with 0 when all of them are there, 1 when one is not. Only `npm` is asked for them, with
 * whatever registry it is set up for.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"

// models ----------------------------------------------------------------------

/** How it ended. */
export interface Ended {
  readonly code: number
  readonly text: string
}

/** Something to compare with, in the version that is compared with. */
export interface Peer {
  readonly name: string
  readonly version: string
}

const usage = `npm run bench:install [-- --dry-run | --check]

Installs into benchmark/peers what its package.json names.

  --dry-run  says what it would do
  --check    does nothing, and says what is there`

// rules -----------------------------------------------------------------------

/** Where they lie in a repository. */
export const folderIn = (root: string): string => join(root, "benchmark/peers")

/** What a person reads who has not all of them. */
export const missing = (peers: ReadonlyArray<Peer>): string => {
  const line = "=".repeat(72)
  const names = peers.map(titleOf).join(" AND ")
  return `${line}
NOT INSTALLED: ${names}. Nothing is compared with what is not there.
Install it with: npm run bench:install
${line}`
}

/** A peer as a report names it. */
export const titleOf = ({ name, version }: Peer): string => `${name} ${version}`

// services --------------------------------------------------------------------

/** What is to be there. */
export const wanted = (root: string): ReadonlyArray<Peer> => {
  // As: the file lies beside the benchmarks and names exact versions.
  const { dependencies } = read(join(folderIn(root), "package.json")) as {
    readonly dependencies: Readonly<Record<string, string>>
  }
  return Object.entries(dependencies).map(([name, version]) => ({ name, version }))
}

/** What is to be there and is not, or is there in another version. */
export const absent = (root: string): ReadonlyArray<Peer> =>
  wanted(root).filter(({ name, version }) => {
    const file = join(folderIn(root), "node_modules", name, "package.json")
    // As: npm installs nothing without a version.
    return !existsSync(file) || (read(file) as { readonly version: string }).version !== version
  })

/** Does what the arguments say, and answers the exit code with what a person shall read. */
export const main = (root: string, args: ReadonlyArray<string>): Ended => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "dry-run": { type: "boolean", default: false },
      check: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  })
  if (values.help) return { code: 0, text: usage }
  const before = absent(root)
  const present = `${wanted(root).map(titleOf).join(", ")}: in ${folderIn(root)}`
  if (before.length === 0) return { code: 0, text: present }
  if (values.check) return { code: 1, text: missing(before) }
  const wish = before.map(titleOf).join(", ")
  if (values["dry-run"]) return { code: 0, text: `would install ${wish} into ${folderIn(root)}` }
  const { error, status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: folderIn(root),
    stdio: "inherit",
    timeout: 540_000
  })
  const after = absent(root)
  if (after.length === 0) return { code: 0, text: present }
  const why = error?.message ?? `npm ended with ${status}`
  return { code: 1, text: `It could not be installed: ${why}\n${missing(after)}` }
}

// internal --------------------------------------------------------------------

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"))

if (import.meta.main) {
  const { code, text } = main(join(import.meta.dirname, "../.."), process.argv.slice(2))
  console.log(text)
  process.exitCode = code
}
