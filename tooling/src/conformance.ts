/**
 * `npm run conformance`: the official conformance suites of MCP against a Foreman server over HTTP,
 * in each revision of the protocol.
 *
 * The suites bring many packages that nothing else needs, so they are installed outside the root
 * lock, in `.tools/conformance`. Where that cannot be done the program says so loudly and ends with 0;
 * it ends with 1 when a check fails that `conformance/Baseline.ts` does not list.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { once } from "node:events"
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
import { join } from "node:path"
import { createInterface } from "node:readline"
import { promisify } from "node:util"
import { exceptions } from "./conformance/Baseline.ts"
import { type Check, judge, scenarioOf } from "./conformance/Verdict.ts"
import { root } from "./tidy/Repository.ts"

// models ----------------------------------------------------------------------

/** A suite, and the revisions of the protocol that it knows. */
interface Suite {
  readonly name: string
  readonly package: string
  readonly revisions: ReadonlyArray<string>
}

// rules -----------------------------------------------------------------------

/** The released suite knows sessions only; the one that knows 2026-07-28 has no release yet. */
const suites: ReadonlyArray<Suite> = [
  {
    name: "conformance-released",
    package: "@modelcontextprotocol/conformance@0.1.16",
    revisions: ["2025-06-18", "2025-11-25"]
  },
  {
    name: "conformance-next",
    package: "@modelcontextprotocol/conformance@0.2.0-alpha.12",
    revisions: ["2025-06-18", "2025-11-25", "2026-07-28"]
  }
]

/** The fewest scenarios that a run can have: fewer means that the suite did not do its work. */
const fewestScenarios = 20

// operations ------------------------------------------------------------------

const execute = promisify(execFile)

const folder = join(root, ".tools", "conformance")

const install = async (): Promise<void> => {
  const wanted = {
    private: true,
    dependencies: Object.fromEntries(suites.map((suite) => [suite.name, `npm:${suite.package}`]))
  }
  const manifest = join(folder, "package.json")
  const text = `${JSON.stringify(wanted, null, 2)}\n`
  const isThere =
    existsSync(manifest) &&
    readFileSync(manifest, "utf8") === text &&
    suites.every(({ name }) => existsSync(programOf(name)))
  if (isThere) return
  mkdirSync(folder, { recursive: true })
  writeFileSync(manifest, text)
  console.log("install the suites")
  const flags = ["--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
  await execute("npm", ["install", ...flags], { cwd: folder, timeout: 180_000 })
}

const programOf = (name: string): string => join(folder, "node_modules", name, "dist", "index.js")

/** Runs one suite in one revision against a server of its own. */
const run = async (suite: Suite, revision: string): Promise<ReadonlyArray<Check>> => {
  const place = mkdtempSync(join(tmpdir(), "foreman-conformance-"))
  const server = serve(place)
  try {
    const url = await readyUrl(server)
    const results = join(place, "results")
    const flags = ["--url", `${url}/mcp`, "--suite", "all", "--spec-version", revision]
    // The suite ends with 1 when anything fails; what that means is decided here.
    await execute(process.execPath, [programOf(suite.name), "server", ...flags, "-o", results], {
      timeout: 120_000,
      killSignal: "SIGKILL",
      maxBuffer: 64 * 1024 * 1024
    }).catch((error: unknown) => {
      if (!existsSync(results)) throw error
    })
    return readResults(results)
  } finally {
    server.kill("SIGTERM")
    if (server.exitCode === null && server.signalCode === null) await once(server, "exit")
    rmSync(place, { recursive: true, force: true })
  }
}

/** `foreman serve`. The suites show no token, so it asks for none. */
const serve = (place: string): ChildProcess =>
  spawn(
    process.execPath,
    ["--conditions=@foreman/source", join(root, "packages", "cli", "src", "main.ts"), "serve"],
    {
      cwd: place,
      stdio: ["ignore", "pipe", "inherit"],
      env: {
        PATH: process.env["PATH"],
        HOME: place,
        XDG_STATE_HOME: join(place, "state"),
        FOREMAN_AUTH: "open",
        FOREMAN_HTTP_ADDR: "127.0.0.1:0",
        FOREMAN_LOG_LEVEL: "error",
        ...mark
      }
    }
  )

/** Lets whoever runs this find what it has left behind. */
const mark =
  process.env["CI_RUN_MARK"] === undefined ? {} : { CI_RUN_MARK: process.env["CI_RUN_MARK"] }

const readyUrl = async ({ stdout }: ChildProcess): Promise<string> => {
  if (stdout === null) throw new Error("The server has no output")
  for await (const line of createInterface({ input: stdout })) {
    const [, url] = /^foreman ready (\S+)$/.exec(line) ?? []
    if (url !== undefined) return url
  }
  throw new Error("The server ended before it was ready")
}

const readResults = (results: string): ReadonlyArray<Check> => {
  const folders = readdirSync(results)
  if (folders.length < fewestScenarios) {
    throw new Error(`Only ${folders.length} scenarios were run`)
  }
  return folders.flatMap((name) => {
    // As: the suite wrote the file, in its own form.
    const checks = JSON.parse(
      readFileSync(join(results, name, "checks.json"), "utf8")
    ) as ReadonlyArray<{ id: string; status: string; errorMessage?: string }>
    return checks.map(({ errorMessage = "", id, status }) => ({
      scenario: scenarioOf(name),
      id,
      status,
      message: errorMessage
    }))
  })
}

const main = async (): Promise<number> => {
  try {
    await install()
  } catch (error) {
    console.error(`SKIPPED: the conformance suites cannot be installed: ${String(error)}`)
    return 0
  }
  const checks: Array<Check> = []
  for (const suite of suites) {
    for (const revision of suite.revisions) {
      const found = await run(suite, revision)
      const { excepted, faults, passed } = judge(found, exceptions)
      const counts = `${passed} passed, ${excepted} excepted, ${faults.length} failed`
      console.log(`${suite.package} ${revision}: ${counts}`)
      for (const { id, message, scenario, status } of faults) {
        console.log(`  ${status} ${scenario}/${id} ${message.slice(0, 300)}`)
      }
      checks.push(...found)
    }
  }
  const { faults, stale } = judge(checks, exceptions)
  for (const key of stale) console.log(`  listed as an exception, and passes: ${key}`)
  return faults.length + stale.length === 0 ? 0 : 1
}

if (import.meta.main) {
  process.exitCode = await main().catch((error: unknown) => {
    console.error(error)
    return 1
  })
}
