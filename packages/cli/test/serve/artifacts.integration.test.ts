import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { get } from "node:http"
import { join } from "node:path"
import type { createClient } from "@foreman/client"
import { describe, expect, it, vi } from "vitest"
import { makeAgent, makeFolder, start } from "./TestServer.ts"

type Foreman = ReturnType<typeof createClient>

/** A team with one agent, which does what each text says. */
const givenAgent = async (foreman: Foreman, folder: string) => {
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  const config = { runner: "command", command: [makeAgent(folder, "agent.sh", "")] }
  await foreman.createAgent({ teamId, name: "ada", config })
  return async (text: string) => {
    makeAgent(folder, "agent.sh", text)
    const { id: taskId } = await foreman.createTask({ teamId, title: "Leave something" })
    const signal = AbortSignal.timeout(50_000)
    for await (const event of foreman.events({ after: "0", signal })) {
      if (event.type === "task.attempt_ended" && event.data["task_id"] === taskId) break
    }
    const [ended] = (await foreman.listTaskRuns({ taskId })).items
    const { items } = await foreman.listArtifacts({ taskId })
    const named = (name: string) => {
      const found = items.find((artifact) => artifact.name === name)
      if (found === undefined) throw new Error(`${name} is not there`)
      return found
    }
    return { ended, items, named }
  }
}

/** How much more of memory the process has had since than it has now, in MB. */
const watchMemory = (pid: number) => {
  const of = (name: string) =>
    Number(
      new RegExp(`${name}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]
    )
  // From here on the peak is that of what comes.
  writeFileSync(`/proc/${pid}/clear_refs`, "5")
  const before = of("VmRSS")
  return () => (of("VmHWM") - before) / 1024
}

const download = (url: string, path: string, token: string) =>
  new Promise<{ readonly size: number; readonly digest: string }>((resolve, reject) => {
    get(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } }, (response) => {
      const hash = createHash("sha256")
      let size = 0
      response.on("data", (chunk: Buffer) => {
        size += chunk.length
        hash.update(chunk)
      })
      response.on("end", () => resolve({ size, digest: hash.digest("hex") }))
      response.on("error", reject)
    }).on("error", reject)
  })

const hasMemoryFile = existsSync("/proc/self/clear_refs")

describe("what agents of a server leave", { timeout: 90_000 }, () => {
  it("is taken in from the run's folder, and nothing from outside of it", async () => {
    const folder = makeFolder()
    writeFileSync(join(folder, "secret"), "secret")
    const { foreman } = await start(folder)
    const run = await givenAgent(foreman, folder)
    const { ended, items, named } = await run(
      `cd "$FOREMAN_RUN_ARTIFACTS" && mkdir -p screenshot deep/er && echo hi > report.md
       echo raw > screenshot/raw; ln -s "$HOME/secret" stolen; ln "$HOME/secret" hard; mkfifo pipe
       echo progress >&2; echo "the answer"`
    )
    expect(ended).toMatchObject({ status: "succeeded", cause: "exit:0" })
    const kinds = items.map(({ kind, name, summary }) => [name, kind, summary])
    expect(kinds.toSorted()).toEqual([
      ["assistant_summary.txt", "assistant_summary", "the answer"],
      ["import.log", "import_log", "Not taken in:\nlink: hard\nnot_a_file: pipe\nlink: stolen"],
      ["output.log", "run_log", ""],
      ["report.md", "report", ""],
      ["screenshot/raw", "screenshot", ""]
    ])
    const log = await foreman.getArtifact({ artifactId: named("output.log").id })
    // Diagnostics and the answer are apart, and together in the order in which they were written.
    expect(log.preview).toBe("progress\nthe answer\n")
    // It goes a moment after the run's end is recorded.
    await vi.waitFor(
      () => expect(readdirSync(join(folder, ".foreman", "left"))).toEqual([]),
      20_000
    )
  })

  it.skipIf(!hasMemoryFile)(
    "is streamed in and out however large it is, and its page opens as fast as a small one's",
    async () => {
      const folder = makeFolder()
      const { child, foreman, token, url } = await start(folder)
      const run = await givenAgent(foreman, folder)
      await run("echo warm")
      const bytes = 256 * 1024 * 1024
      const memory = watchMemory(child.pid ?? 0)
      const { named } = await run(
        `cd "$FOREMAN_RUN_ARTIFACTS"; yes "a line of a log" | head -c ${bytes} > big.log
         yes "a line of a log" | head -c 65536 > small.log`
      )
      const [big, small] = [named("big.log"), named("small.log")]
      expect(big.size).toBe(bytes)
      const came = await download(url, `/api/v1/artifacts/${big.id}/content`, token)
      expect(came).toEqual({ size: bytes, digest: big.digest })
      expect(memory()).toBeLessThan(64)

      const timed = async (artifactId: string) => {
        const began = performance.now()
        const { preview } = await foreman.getArtifact({ artifactId })
        expect(preview).toHaveLength(65_536)
        return performance.now() - began
      }
      const ratios: Array<number> = []
      for (let turn = 0; turn < 15; turn++) {
        const [one, other] = [await timed(big.id), await timed(small.id)]
        ratios.push(one / other)
      }
      expect(ratios.toSorted((left, right) => left - right)[7]).toBeLessThan(2)
    }
  )

  it.skipIf(!hasMemoryFile)("is cut where it is one line without end", async () => {
    const folder = makeFolder()
    const { child, foreman } = await start(folder)
    const run = await givenAgent(foreman, folder)
    await run("echo warm")
    const memory = watchMemory(child.pid ?? 0)
    const { ended, named } = await run("head -c 300000000 /dev/zero | tr '\\0' x")
    expect(ended).toMatchObject({ status: "failed", cause: "output_limit" })
    expect(named("output.log").size).toBeLessThanOrEqual(2 * 64 * 1024 * 1024)
    expect(named("assistant_summary.txt").summary).toBe("x".repeat(4_096))
    expect(ended?.answer).toBe("x".repeat(4_096))
    expect(memory()).toBeLessThan(64)
    const page = await foreman.getArtifact({ artifactId: named("output.log").id })
    expect(page).toMatchObject({ preview: "x".repeat(65_536), previewTruncated: true })
  })

  it("is limited by settings, and says what there was no room for", async () => {
    const folder = makeFolder()
    const { foreman } = await start(folder, {
      FOREMAN_ARTIFACT_RUN_MB: "2",
      FOREMAN_ARTIFACT_QUOTA_MB: "1",
      FOREMAN_ARTIFACT_RETENTION_DAYS: "30"
    })
    const run = await givenAgent(foreman, folder)
    const { named } = await run(
      `cd "$FOREMAN_RUN_ARTIFACTS"; head -c 2000000 /dev/zero > a; head -c 3000000 /dev/zero > b; echo ok`
    )
    expect(named("import.log").summary).toBe("Not taken in:\nno_room: a\ntoo_large: b")
  })
})
