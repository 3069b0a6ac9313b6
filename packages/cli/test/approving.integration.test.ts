import { describe, expect, it } from "vitest"
import { endOf, makeAgent, makeFolder, run, serve } from "./TestCli.ts"

describe("a person at a terminal", { timeout: 120_000 }, () => {
  it("sees what waits, why, and decides it by the task", async () => {
    const folder = makeFolder()
    const agent = makeAgent(folder, "agent.sh", "cat >/dev/null; echo done")
    const { child } = await serve(folder, ["--runner", `command:${agent}`])
    const asked = async (summary: string): Promise<string> => {
      const args = ["manager", "command", "--kind", "create_task", "--summary", summary]
      const { code, out } = await run(folder, args)
      expect([code, out]).toEqual([0, expect.stringContaining("kind=approval_needed")])
      return /task_id=(\d+)/.exec(out)?.[1] ?? ""
    }
    const [push, remove] = [await asked("git push origin main"), await asked("rm -rf build")]
    const waiting = (await run(folder, ["approval", "list"])).out.trimEnd().split("\n")
    expect(waiting).toHaveLength(2)
    const why = await run(folder, ["explain", "task", push])
    expect(why.out).toContain(`Task ${push} is not running`)
    // The reason stands in the sentence, and is not said again.
    expect(why.out.match(/git push requires approval/g)).toHaveLength(1)

    const approved = await run(folder, ["task", "approve", push])
    expect(approved).toMatchObject({ code: 0, err: "" })
    expect(approved.out).toMatch(
      new RegExp(
        `^approval approved, task ${push} state=(approved_pending_dispatch|leased|running|completed)\n$`
      )
    )
    const done = ["watch", "task", "show", push, "--until", "status=done", "--for", "30"]
    expect(await run(folder, done)).toMatchObject({ code: 0 })
    expect(await run(folder, ["task", "reject", remove])).toMatchObject({ code: 2, out: "" })
    const rejected = { code: 0, out: `approval rejected, task ${remove} state=ready\n`, err: "" }
    const reject = ["task", "reject", remove, "--reason", "not today"]
    expect(await run(folder, reject)).toEqual(rejected)
    expect(await run(folder, reject)).toEqual(rejected)
    const opposite = await run(folder, ["task", "approve", remove, "--json"])
    expect(opposite).toMatchObject({ code: 1, out: "" })
    expect(JSON.parse(opposite.err)).toMatchObject({ error: expect.any(String) })
    child.kill("SIGTERM")
    expect(await endOf(child)).toMatchObject({ code: 0 })
  })

  it("is shown from a task in review to the command that gives its verdict", async () => {
    const folder = makeFolder()
    const said = (line: string) => run(folder, line.split(" "))
    for (const line of [
      "task create --title T",
      "team configure --delivery review",
      "task status 1 --status in_progress",
      "task status 1 --status in_review",
      "review request 1"
    ]) {
      expect(await said(line), line).toMatchObject({ code: 0, err: "" })
    }
    expect((await said("explain task 1")).out).toContain("foreman review approve 1")
    const other = await said("task approve 1")
    expect(other).toMatchObject({ code: 1, out: "" })
    expect(other.err).toContain("Task 1 waits for no approval, but for the verdict of its review")
    expect((await said("task reject 1 --reason no")).err).toContain("foreman review reject 1 gives")
    expect(await said("review approve 1")).toMatchObject({ code: 0, err: "" })
    expect((await said("task show 1 --json")).out).toContain('"status": "done"')
  })

  it("is shown to the command that opens a review where none is open", async () => {
    const folder = makeFolder()
    const said = (line: string) => run(folder, line.split(" "))
    for (const line of [
      "task create --title T",
      "task status 1 --status in_progress",
      "task status 1 --status in_review"
    ]) {
      expect(await said(line), line).toMatchObject({ code: 0, err: "" })
    }
    const words = "waits for no approval, but for a review, and none is open: "
    for (const line of ["task approve 1", "task reject 1 --reason no"]) {
      const refused = await said(line)
      expect(refused, line).toMatchObject({ code: 1, out: "" })
      expect(refused.err, line).toContain(`Task 1 ${words}foreman review request 1 opens one`)
    }
    expect(await said("review request 1")).toMatchObject({ code: 0, err: "" })
    expect((await said("task approve 1")).err).toContain("foreman review approve 1 gives that")
    // Sent back, and moved there once more.
    for (const line of ["review reject 1 --summary no", "task status 1 --status in_review"]) {
      expect(await said(line), line).toMatchObject({ code: 0, err: "" })
    }
    expect((await said("task approve 1")).err).toContain("foreman review request 1 opens one")
  })

  it("is told of the review where the approval of its dispatch is said once more", async () => {
    const folder = makeFolder()
    const agent = makeAgent(folder, "agent.sh", "cat >/dev/null; echo done")
    await serve(folder, ["--runner", `command:${agent}`])
    const said = (line: string) => run(folder, line.split(" "))
    await said("team configure --delivery review")
    const push = ["--kind", "create_task", "--summary", "git push origin main"]
    expect(await run(folder, ["manager", "command", ...push])).toMatchObject({ code: 0 })
    expect(await said("task approve 1")).toMatchObject({ code: 0, err: "" })
    const reviewed = "watch task show 1 --until status=in_review --for 30"
    expect(await said(reviewed)).toMatchObject({ code: 0 })
    const again = await said("task approve 1")
    expect(again).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^approval approved, task 1/)
    })
    expect(again.err).toBe(
      "Task 1 waits for the verdict of its review: foreman review approve 1 gives that\n"
    )
  })
})
