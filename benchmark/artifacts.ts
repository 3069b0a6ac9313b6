/**
 * Large artifacts: how much memory a server has more while one comes in and goes out, and how fast
 * its page opens beside a small one's. And a run whose output is one line without end.
 *
 * `-- --gigabytes 5` says how large; 256 MB unless said.
 *
 * @since 0.1.0
 */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { readFileSync, writeFileSync } from "node:fs"
import { get } from "node:http"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { createClient } from "@foreman/client"
import * as Disk from "./Disk.ts"
import * as Report from "./Report.ts"
import { compare, type Figures, quantile, type Variant } from "./Rounds.ts"

// models ----------------------------------------------------------------------

type Foreman = ReturnType<typeof createClient>

/** A server, and what its one agent does next. */
interface Site {
  readonly foreman: Foreman
  readonly url: string
  readonly token: string
  /** Memory in MB: as it is, and the most there was since this was asked last. */
  readonly memory: () => { readonly now: number; readonly most: number }
  /** Lets the agent do what a shell is told, and answers its task. */
  readonly run: (script: string) => Promise<number>
  readonly end: () => void
}

// rules -----------------------------------------------------------------------

const mega = 1024 * 1024

/** How large the artifact is, by `--gigabytes`; the other arguments are those of every benchmark. */
const sizeOf = (args: Array<string>): number => {
  const place = args.indexOf("--gigabytes")
  const [, given] = place < 0 ? [] : args.splice(place, 2)
  return given === undefined ? 256 * mega : Number(given) * 1024 * mega
}

// operations ------------------------------------------------------------------

const main = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url))

const open = async (folder: string, megabytes: number): Promise<Site> => {
  const child = spawn(process.execPath, ["--conditions=@foreman/source", main, "serve"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"],
      HOME: folder,
      XDG_STATE_HOME: join(folder, "state"),
      FOREMAN_HTTP_ADDR: "127.0.0.1:0",
      FOREMAN_LOG_LEVEL: "error",
      FOREMAN_ARTIFACT_RUN_MB: String(2 * megabytes)
    }
  })
  const url = await urlOf(createInterface({ input: child.stdout }))
  const token = readFileSync(join(folder, ".foreman", "token"), "utf8").trim()
  const foreman = createClient({ url, token })
  const agent = join(folder, "agent.sh")
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  const does = (script: string) => writeFileSync(agent, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  does("true")
  const config = { runner: "command", command: [agent] }
  await foreman.createAgent({ teamId, name: "ada", config })
  const file = (name: string) => `/proc/${child.pid}/${name}`
  const field = (name: string) =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(file("status"), "utf8"))?.[1]) /
    1024
  return {
    foreman,
    url,
    token,
    memory: () => {
      const most = field("VmHWM")
      writeFileSync(file("clear_refs"), "5")
      return { now: field("VmRSS"), most }
    },
    run: async (script) => {
      does(script)
      const { id } = await foreman.createTask({ teamId, title: "Leave something" })
      for await (const event of foreman.events({ after: "0" })) {
        if (event.type === "task.attempt_ended" && event.data["task_id"] === id) break
      }
      return id
    },
    end: () => {
      foreman.close()
      child.kill("SIGTERM")
    }
  }
}

const urlOf = async (lines: AsyncIterable<string>): Promise<string> => {
  for await (const line of lines) {
    const [, url] = /^foreman ready (\S+)$/.exec(line) ?? []
    if (url !== undefined) return url
  }
  throw new Error("The server ended before it was ready")
}

const named = async ({ foreman }: Site, taskId: number, name: string) => {
  const { items } = await foreman.listArtifacts({ taskId })
  const found = items.find((artifact) => artifact.name === name)
  if (found === undefined) throw new Error(`${name} was not kept`)
  return found
}

/** Reads the bytes to their end, and answers their SHA-256. */
const download = ({ token, url }: Site, id: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` }
    get(`${url}/api/v1/artifacts/${id}/content`, { headers }, (response) => {
      const hash = createHash("sha256")
      response.on("data", (chunk: Buffer) => hash.update(chunk))
      response.on("end", () => resolve(hash.digest("hex")))
      response.on("error", reject)
    }).on("error", reject)
  })

/** What a page takes, in milliseconds. */
const page = async ({ foreman }: Site, artifactId: string): Promise<Figures> => {
  const times: Array<number> = []
  for (let turn = 0; turn < 50; turn += 1) {
    const began = performance.now()
    await foreman.getArtifact({ artifactId })
    times.push(performance.now() - began)
  }
  return { "p50 ms": quantile(times, 0.5) }
}

/** How much memory there is at most while something happens. */
const grown = async (site: Site, act: () => Promise<unknown>) => {
  site.memory()
  const began = performance.now()
  await act()
  const seconds = (performance.now() - began) / 1000
  return { MB: site.memory().most, seconds }
}

const measure = async (site: Site, options: Report.Options, bytes: number, folder: string) => {
  await site.run("echo warm")
  const text = (size: number) => `yes "a line of a log" | head -c ${size}`
  const place = '"$FOREMAN_RUN_ARTIFACTS"'
  const small = await site.run(`${text(65_536)} > ${place}/small.log`)
  const { id: smallId } = await named(site, small, "small.log")
  await download(site, smallId)
  const rest = { MB: site.memory().now, seconds: 0 }
  let large = { id: "", digest: "" }
  const into = await grown(site, async () => {
    large = await named(site, await site.run(`${text(bytes)} > ${place}/large.log`), "large.log")
  })
  const out = await grown(site, async () => {
    if ((await download(site, large.id)) !== large.digest) throw new Error("Other bytes came out")
  })
  const line = await grown(site, () => site.run("head -c 1073741824 /dev/zero | tr '\\0' x"))
  const size = `${Math.round(bytes / mega).toLocaleString("en")} MB`
  const memory: ReadonlyArray<Variant> = [
    { name: "at rest", measure: async () => rest },
    { name: `${size} in`, measure: async () => into },
    { name: `${size} out`, measure: async () => out },
    { name: "a line of 1 GB", measure: async () => line }
  ]
  const pages: ReadonlyArray<Variant> = [
    { name: "64 KiB", measure: () => page(site, smallId) },
    { name: size, measure: () => page(site, large.id) }
  ]
  Report.print(
    {
      title: "Artifacts: memory and pages",
      compares:
        "the memory of a server at rest with the most that it has while one artifact is taken in, while\n" +
        "  it is read by one caller, and while an agent writes one line without end; and get_artifact of\n" +
        "  that artifact with that of a small one. Memory is measured once.",
      comparesNot: "many artifacts at once, slow callers, or artifacts in PostgreSQL.",
      fdatasync: Disk.fdatasync(folder),
      tables: [
        { name: "memory", series: await compare(memory, 1) },
        { name: "page", series: await compare(pages, options.rounds) }
      ],
      targets: [
        ...memory.slice(1).map(({ name }) => ({
          table: "memory",
          variant: name,
          figure: "MB",
          bound: "at most" as const,
          beyond: 64
        })),
        { table: "page", variant: size, figure: "p50 ms", bound: "at most", ratio: 1.5 }
      ]
    },
    options
  )
}

const bytes = sizeOf(process.argv)
const options = Report.options()
await Disk.withFolder(async (folder) => {
  const site = await open(folder, Math.ceil(bytes / mega))
  try {
    await measure(site, options, bytes, folder)
  } finally {
    site.end()
  }
})
