import { describe, expect, it } from "vitest"
import { check, type Evidence, type Logged } from "../src/Checker.ts"
import type { Command, Read } from "../src/History.ts"

// What is true: two clients make tasks 1 and 2, rename the first, and an agent works at the second.

const event = (
  position: number,
  stream: string,
  version: number,
  type: string,
  command: string,
  data: Logged["data"] = {}
): Logged => {
  const actor = type.startsWith("run.") ? "system" : "operator"
  return { position, stream, version, type, command, actor, data }
}

const run = { run_id: "r1", task_id: 2, agent_id: "g", attempt: 1, holder: "north/1" }

const events: ReadonlyArray<Logged> = [
  event(1, "task:1", 1, "task.created", "a-1", { task_id: 1, title: "one" }),
  event(2, "task:2", 1, "task.created", "b-1", { task_id: 2, title: "two" }),
  event(3, "task:1", 2, "task.updated", "a-2", { task_id: 1, title: "uno" }),
  event(4, "task:1", 3, "task.status_changed", "b-2", {
    task_id: 1,
    from: "todo",
    to: "in_progress"
  }),
  event(5, "run:r1", 1, "run.queued", "run/r1/queue", run),
  event(6, "run:r1", 2, "run.starting", "run/r1/start", run),
  event(7, "run:r1", 3, "run.succeeded", "run/r1/end", run)
]

const command = (
  key: string,
  writes: string,
  [invoked, returned]: readonly [number, number],
  outcome: Command["outcome"] = "ok"
): Command => ({
  kind: "command",
  client: key.slice(0, 1),
  key,
  name: "any",
  writes,
  outcome,
  tries: 1,
  invoked,
  returned
})

const commands: ReadonlyArray<Command> = [
  command("a-1", "task.created", [10, 20]),
  command("b-1", "task.created", [10, 30]),
  command("a-2", "task.updated", [40, 50]),
  command("b-2", "task.status_changed", [40, 60]),
  command("c-1", "task.status_changed", [40, 60], "fail"),
  command("c-2", "task.status_changed", [70, 80], "info")
]

const read = (client: string, title: string, [invoked, returned]: readonly [number, number]) =>
  ({ kind: "read", client, task: 1, title, invoked, returned }) satisfies Read

const whole: Evidence = {
  events,
  commands,
  reads: [read("d", "one", [25, 35]), read("d", "uno", [52, 55])],
  followed: [{ follower: "f", positions: [1, 2, 3, 4, 5, 6, 7] }],
  starts: [{ kind: "start", node: "north", runId: "r1", taskId: 2, at: 1 }],
  recorded: ["operator"]
}

const rulesOf = (evidence: Partial<Evidence>) => [
  ...new Set(check({ ...whole, ...evidence }).violations.map(({ rule }) => rule))
]

/** The log with something else in it: what follows moves on, as a store that errs would write it. */
const renumbered = (changed: ReadonlyArray<Logged>): Partial<Evidence> => {
  const versions = new Map<string, number>()
  const numbered = changed.map((one, index) => {
    const version = (versions.get(one.stream) ?? 0) + 1
    versions.set(one.stream, version)
    return { ...one, position: index + 1, version }
  })
  const positions = numbered.map(({ position }) => position)
  return { events: numbered, followed: [{ follower: "f", positions }] }
}

const at = (position: number): Logged => {
  const found = events[position - 1]
  if (found === undefined) throw new Error(`There is no event ${position}`)
  return found
}

describe("the checker", () => {
  it("finds nothing wrong with what is true, and looks at all of it", () => {
    const { examined, violations } = check(whole)
    expect(violations).toEqual([])
    expect(examined).toMatchObject({ positions: 7, lost: 4, refused: 1, doubled: 6, reads: 4 })
    expect(examined).toMatchObject({ feed: 8, agents: 2, attempts: 1, "double starts": 2 })
  })

  it("finds an acknowledged command that is not there", () => {
    expect(rulesOf(renumbered(events.toSpliced(3, 1)))).toEqual(["lost"])
  })

  it("finds a command that was written twice", () => {
    expect(rulesOf(renumbered([...events, at(3)]))).toContain("doubled")
  })

  it("finds the effect of a command that was refused", () => {
    const moved = { task_id: 1, from: "in_progress", to: "todo" }
    const written = event(8, "task:1", 4, "task.status_changed", "c-1", moved)
    expect(rulesOf(renumbered([...events, written]))).toEqual(["refused"])
  })

  it("lets an ambiguous command be there once, and not twice", () => {
    const moved = { task_id: 1, from: "in_progress", to: "todo" }
    const written = event(8, "task:1", 4, "task.status_changed", "c-2", moved)
    expect(rulesOf(renumbered([...events, written]))).toEqual([])
    const back = { ...written, data: { ...moved, from: "todo" } }
    expect(rulesOf(renumbered([...events, written, back]))).toEqual(["doubled"])
  })

  it("finds a command whose events are not side by side", () => {
    const assigned = event(8, "task:1", 4, "task.assigned", "b-2", { task_id: 1 })
    expect(rulesOf(renumbered([...events, assigned]))).toEqual(["torn"])
  })

  it("finds what a client wrote that is in no history", () => {
    const strange = event(8, "task:1", 4, "task.updated", "x-1", { task_id: 1, title: "x" })
    expect(rulesOf(renumbered([...events, strange]))).toEqual(["unknown"])
  })

  it("finds a command that stands before one that was answered before it was sent", () => {
    const late = [at(1), at(3), at(2), ...events.slice(3)]
    expect(rulesOf(renumbered(late))).toEqual(["order"])
  })

  it("finds a read that is older than what was acknowledged or seen before it", () => {
    expect(rulesOf({ reads: [read("d", "one", [52, 55])] })).toEqual(["reads"])
    const back = [read("d", "uno", [42, 44]), read("e", "one", [45, 46])]
    expect(rulesOf({ reads: back })).toEqual(["reads"])
    expect(rulesOf({ reads: [read("d", "one", [42, 55])] })).toEqual([])
    expect(rulesOf({ reads: [read("d", "ghost", [42, 55])] })).toEqual(["reads"])
  })

  it.each([
    ["missed", [1, 2, 4, 5, 6, 7]],
    ["handed twice", [1, 2, 3, 3, 4, 5, 6, 7]],
    ["handed out of order", [1, 3, 2, 4, 5, 6, 7]],
    ["never handed", [1, 2, 3, 4, 5, 6]]
  ])("finds a position that was %s", (_, positions) => {
    expect(rulesOf({ followed: [{ follower: "f", positions }] })).toEqual(["feed"])
  })

  it("finds a hole and a repetition in the log itself", () => {
    expect(rulesOf({ events: events.toSpliced(1, 1) })).toContain("positions")
    expect(rulesOf({ events: [...events, at(7)] })).toContain("positions")
    expect(rulesOf({ events: events.with(2, { ...at(3), version: 3 }) })).toContain("versions")
  })

  it("finds a move that two have won", () => {
    const again = { ...at(4), command: "c-2" }
    expect(rulesOf(renumbered([...events, again]))).toEqual(["moves"])
  })

  it("finds a retry that lets go of what is to be put back, or the other way round", () => {
    const key = "j-1"
    const retry = command(key, "task.status_changed|task.released", [90, 95])
    const rulesOfRetry = (...told: ReadonlyArray<Logged>) =>
      rulesOf({
        ...renumbered([...events, ...told]),
        commands: [...commands, { ...retry, name: "retry_task" }]
      })
    const bySystem = (type: string, key: string) => {
      return { ...event(8, "task:1", 4, type, key, { task_id: 1 }), actor: "system" }
    }
    const requeued = bySystem("task.requeued", "run/r1/end")
    const released = event(9, "task:1", 5, "task.released", key, { task_id: 1 })
    const back = { task_id: 1, from: "in_progress", to: "todo" }
    const moved = event(9, "task:1", 5, "task.status_changed", key, back)
    expect(rulesOfRetry(requeued, released)).toEqual([])
    expect(rulesOfRetry(moved)).toEqual([])
    expect(rulesOfRetry(released)).toEqual(["retries"])
    expect(rulesOfRetry(requeued, moved)).toEqual(["retries"])
    const dispatched = bySystem("task.dispatched", "run/r2/queue")
    expect(rulesOfRetry(requeued, dispatched, released)).toEqual(["retries"])
    expect(rulesOfRetry(requeued, released, released)).toEqual(["doubled"])
    expect(rulesOfRetry()).toEqual(["lost"])
  })

  it("finds two live runs of a task or of an agent", () => {
    const second = { ...run, run_id: "r2", attempt: 2 }
    const queued = event(6, "run:r2", 1, "run.queued", "run/r2/queue", second)
    const ended = event(7, "run:r2", 2, "run.lost", "run/r2/end", second)
    const doubled = [...events.slice(0, 5), queued, ended, ...events.slice(5)]
    expect(rulesOf(renumbered(doubled))).toEqual(["double starts"])
    const other = { ...queued, data: { ...second, task_id: 1, attempt: 1 } }
    expect(rulesOf(renumbered(doubled.with(5, other)))).toEqual(["double starts"])
  })

  it("finds an attempt that is counted twice, a second end, and a run that never ends", () => {
    const repeated = { ...at(5), data: { ...run, run_id: "r2" } }
    const over = { ...at(7), data: { ...run, run_id: "r2" } }
    expect(rulesOf(renumbered([...events, repeated, over]))).toEqual(["attempts"])
    expect(rulesOf(renumbered([...events, at(7)]))).toContain("run ends")
    expect(rulesOf(renumbered(events.slice(0, 6)))).toEqual(["stuck"])
  })

  it("finds an agent that was started twice, and one that nobody queued", () => {
    const [start] = whole.starts
    if (start === undefined) throw new Error("There is no start")
    expect(rulesOf({ starts: [start, { ...start, node: "south" }] })).toEqual(["agents"])
    expect(rulesOf({ starts: [{ ...start, runId: "r9" }] })).toEqual(["agents"])
  })

  it("finds a run that a frozen holder queued after its successor had", () => {
    const queue = (holder: string, attempt: number) => {
      const facts = { ...run, run_id: `r${attempt}`, holder, attempt }
      const stream = `run:r${attempt}`
      return [
        event(0, stream, 1, "run.queued", `run/r${attempt}/queue`, facts),
        event(0, stream, 2, "run.lost", `run/r${attempt}/end`, facts)
      ]
    }
    const frozen = ["north/1"]
    const taken = renumbered([...events, ...queue("south/1", 2)])
    expect(rulesOf({ ...taken, frozen })).toEqual([])
    const late = renumbered([...events, ...queue("south/1", 2), ...queue("north/1", 3)])
    expect(rulesOf({ ...late, frozen })).toEqual(["fencing"])
    // Nobody took over, so nothing was shown.
    expect(rulesOf({ frozen })).toEqual(["fencing"])
  })
})
