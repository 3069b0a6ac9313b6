/**
 * Treats the packages as a stranger does: packs each, installs the tarballs together into an empty
 * project, imports everything they export, checks their types as a consumer, and starts their
 * programs.
 *
 * It needs `npm run build` before it. What it installs comes from npm's cache where that has it.
 */
import { execFile } from "node:child_process"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { root } from "./tidy/Repository.ts"

// models ----------------------------------------------------------------------

/** What this program reads of a `package.json`. */
interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly exports: Readonly<Record<string, unknown>>
  readonly bin?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
}

/** A package, where it lies and where its tarball lies. */
interface Packed {
  readonly folder: string
  readonly manifest: Manifest
  readonly tarball: string
}

// rules -----------------------------------------------------------------------

/** Every specifier under which a package offers something, given the files it has in `dist`. */
export const specifiers = (
  { exports, name }: Pick<Manifest, "exports" | "name">,
  files: ReadonlyArray<string>
): ReadonlyArray<string> =>
  Object.entries(exports).flatMap(([key, target]) => {
    if (target === null || key === "./package.json") return []
    if (!key.includes("*")) return [name + key.slice(1)]
    const hidden = Object.entries(exports).flatMap(([other, value]) =>
      value === null ? [other.replace(/^\.\/|\*$/g, "")] : []
    )
    return files
      .filter((file) => file.endsWith(".js") && !hidden.some((folder) => file.startsWith(folder)))
      .map((file) => `${name}/${file.replace(/\.js$/, "")}`)
  })

/**
 * Files that code reads beside itself: the texts in `new URL(..., import.meta.url)`. What an address
 * leaves open is its extension, which is that of built code here.
 */
export const neighbours = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/new URL\(([^;]*?),\s*import\.meta\.url\s*\)/g)].flatMap(([, address = ""]) =>
    [...address.matchAll(/["'`](\.{1,2}\/[^"'`]+)["'`]/g)]
      .map(([, path = ""]) => path.replace(/\$\{\w+\}$/, "js"))
      .filter((path) => !path.endsWith(".ts"))
  )

// internal --------------------------------------------------------------------

const execute = promisify(execFile)

const run = async (file: string, args: ReadonlyArray<string>, cwd: string): Promise<string> => {
  const limits = { timeout: 120_000, killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024 } as const
  const running = execute(file, [...args], { cwd, ...limits })
  running.child.stdin?.end()
  try {
    const { stdout } = await running
    return stdout
  } catch (cause) {
    const said = typeof cause === "object" && cause !== null ? { ...cause } : {}
    const text = ["stdout", "stderr"].map(
      (key) => Object.entries(said).find(([k]) => k === key)?.[1]
    )
    throw new Error(`${file} ${args.join(" ").slice(0, 200)}\n${text.join("\n")}`, { cause })
  }
}

const filesIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()

// npm and the compiler wrote these files, in the forms they have.
const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest

const published = (): ReadonlyArray<string> =>
  readdirSync(join(root, "packages"))
    .map((name) => join(root, "packages", name))
    .filter((folder) => existsSync(join(folder, "package.json")))
    .filter((folder) => readManifest(folder).private !== true)

const pack = async (into: string): Promise<ReadonlyArray<Packed>> => {
  const folders = published()
  for (const folder of folders) {
    if (!existsSync(join(folder, "dist"))) throw new Error(`${folder} has no dist: npm run build`)
  }
  const workspaces = folders.map((folder) => `--workspace=${readManifest(folder).name}`)
  await run("npm", ["pack", "--silent", "--pack-destination", into, ...workspaces], root)
  return folders.map((folder) => {
    const manifest = readManifest(folder)
    const file = `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`
    return { folder, manifest, tarball: join(into, file) }
  })
}

const lint = async ({ manifest, tarball }: Packed): Promise<void> => {
  const { buffer, byteLength, byteOffset } = readFileSync(tarball)
  const bytes = buffer.slice(byteOffset, byteOffset + byteLength)
  const { messages } = await publint({ strict: true, pack: { tarball: bytes } })
  // The condition for sources is this repository's own; tarballs have none.
  const said = messages
    .filter(({ path }) => !path.includes("@foreman/source"))
    .map((message) => `${manifest.name}: ${formatMessage(message, { ...manifest })}`)
  if (said.length > 0) throw new Error(said.join("\n"))
}

const install = async (app: string, packed: ReadonlyArray<Packed>): Promise<void> => {
  const tarballs = Object.fromEntries(
    packed.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`])
  )
  const { devDependencies = {} } = readManifest(root)
  const pins = Object.fromEntries(
    ["effect", "@types/node", "vitest"].map((name) => [name, devDependencies[name]])
  )
  const manifest = {
    private: true,
    type: "module",
    dependencies: { ...tarballs, ...pins },
    overrides: tarballs
  }
  mkdirSync(app)
  writeFileSync(join(app, "package.json"), JSON.stringify(manifest))
  const quiet = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
  await run("npm", ["install", ...quiet], app)
}

/**
 * Imports everything of one package in a process of its own, which must then end by itself: an
 * import that starts something, or looks at Foreman's environment, is found out here.
 */
const importAll = async (app: string, { manifest }: Packed): Promise<ReadonlyArray<string>> => {
  const dist = join(app, "node_modules", manifest.name, "dist")
  const names = specifiers(manifest, filesIn(dist)).filter(
    (name) => !/\/(main|\w*[wW]orker)$/.test(name)
  )
  const program = `
    const read = new Set()
    const env = process.env
    process.env = new Proxy(env, { get: (target, key) => (read.add(String(key)), target[key]) })
    let count = 0
    for (const name of ${JSON.stringify(names)}) count += Object.keys(await import(name)).length
    const settings = [...read].filter((key) => key.startsWith("FOREMAN_"))
    if (settings.length > 0) throw new Error("importing reads " + settings.join())
    if (count === 0) throw new Error("exports nothing")
    process.stdout.write(String(count))`
  const said = await run(process.execPath, ["--input-type=module", "-e", program], app)
  if (!/^\d+$/.test(said))
    throw new Error(`importing ${manifest.name} prints: ${said.slice(0, 500)}`)
  console.log(`  ${manifest.name}: ${names.length} modules, ${said} names`)
  return names
}

const findNeighbours = async (app: string, { manifest }: Packed): Promise<void> => {
  const folder = join(app, "node_modules", manifest.name)
  for (const file of filesIn(folder).filter((name) => /\.m?js$/.test(name))) {
    for (const path of neighbours(readFileSync(join(folder, file), "utf8"))) {
      if (existsSync(join(folder, dirname(file), path))) continue
      throw new Error(`${manifest.name}: ${file} reads ${path}, which is not in the tarball`)
    }
  }
}

const checkTypes = async (app: string, names: ReadonlyArray<string>): Promise<void> => {
  const uses = names.map((name, index) => `export * as m${index} from ${JSON.stringify(name)}\n`)
  writeFileSync(join(app, "use.ts"), uses.join(""))
  const strict = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"]
  const target = ["--module", "nodenext", "--target", "es2023", "--lib", "es2024,dom,dom.iterable"]
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc")
  await run(process.execPath, [tsc, ...strict, ...target, "--types", "node", "use.ts"], app)
}

const start = async (app: string, { manifest }: Packed): Promise<void> => {
  for (const [name, path] of Object.entries(manifest.bin ?? {})) {
    const file = join(app, "node_modules", manifest.name, path)
    const said = await run(process.execPath, [file, "--version"], app)
    if (!said.includes(manifest.version)) throw new Error(`${name} --version says: ${said}`)
    const linked = await run(join(app, "node_modules", ".bin", name), ["--version"], app)
    if (linked !== said) throw new Error(`${name} --version says something else when linked`)
    console.log(`  ${name} --version: ${said.trim()}`)
  }
}

const hidden = async (app: string): Promise<void> => {
  const program = `await import("@foreman/core/internal/dynamic").then(
    () => { throw new Error("core's internal modules can be imported") },
    (error) => { if (error.code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw error })`
  await run(process.execPath, ["--input-type=module", "-e", program], app)
}

/** Does something with each package, and says everything that went wrong, not only the first. */
const each = async <A>(
  packed: ReadonlyArray<Packed>,
  work: (one: Packed) => Promise<A>
): Promise<ReadonlyArray<A>> => {
  const answers: Array<A> = []
  const failures: Array<string> = []
  for (const one of packed) {
    await work(one).then(
      (answer) => answers.push(answer),
      (error: unknown) => failures.push(error instanceof Error ? error.message : String(error))
    )
  }
  if (failures.length > 0) throw new Error(failures.join("\n"))
  return answers
}

const step = async <A>(title: string, work: () => Promise<A>): Promise<A> => {
  const begin = performance.now()
  console.log(title)
  const answer = await work()
  console.log(`  ${((performance.now() - begin) / 1000).toFixed(1)} s`)
  return answer
}

const main = async (): Promise<void> => {
  const out = mkdtempSync(join(tmpdir(), "foreman-pack-"))
  const app = join(out, "app")
  try {
    const packed = await step("pack", () => pack(out))
    await step("lint the tarballs", () => each(packed, lint))
    await step("install them into an empty project", () => install(app, packed))
    const names = await step("import what they export", () =>
      each(packed, (one) => importAll(app, one))
    )
    await step("look for the files they read beside themselves", () =>
      each(packed, (one) => findNeighbours(app, one))
    )
    await step("look for what core hides", () => hidden(app))
    await step("check their types without skipLibCheck", () => checkTypes(app, names.flat()))
    await step("start their programs", () => each(packed, (one) => start(app, one)))
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  await main().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
