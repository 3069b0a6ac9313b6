/**
 * Drops from the lock the optional platform packages that the registry did not have when the lock
 * was made.
 *
 * `npm install` leaves such a package out of the lock but keeps the edge to it, and `npm ci` then
 * fails with "Missing: ... from lock file". Run it after every change of the lock: `npm run lock`.
 */
import { readFileSync, writeFileSync } from "node:fs"

// models ----------------------------------------------------------------------

interface Entry {
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface Lock {
  readonly packages: Readonly<Record<string, Entry>>
}

// rules -----------------------------------------------------------------------

/** The lock without edges that lead nowhere. What the root asks for itself stays. */
export const prune = (lock: Lock): { readonly lock: Lock; readonly dropped: Array<string> } => {
  const locked = new Set(
    Object.keys(lock.packages).map((path) => path.replace(/^.*node_modules\//, ""))
  )
  const dropped: Array<string> = []
  const pruned = (path: string, entry: Entry): Entry => {
    const wanted = entry.optionalDependencies
    if (path === "" || wanted === undefined) return entry
    const kept = Object.entries(wanted).filter(([name]) => locked.has(name))
    for (const name of Object.keys(wanted)) {
      if (!locked.has(name)) dropped.push(`${path}: ${name} is not in the registry`)
    }
    return { ...entry, optionalDependencies: Object.fromEntries(kept) }
  }
  const packages = Object.fromEntries(
    Object.entries(lock.packages).map(([path, entry]) => [path, pruned(path, entry)])
  )
  return { lock: { ...lock, packages }, dropped }
}

// internal --------------------------------------------------------------------

if (import.meta.main) {
  // npm wrote the file, in the one form it has.
  const before = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock
  const { dropped, lock } = prune(before)
  writeFileSync("package-lock.json", `${JSON.stringify(lock, null, 2)}\n`)
  for (const line of dropped) console.log(line)
}
