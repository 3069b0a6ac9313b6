/**
 * Ready tasks that are all started by Foreman on PostgreSQL, in one of two ways.
 *
 * `runs` is the whole of it: the dispatcher gives tasks to agents whose work is to do nothing, and
 * records how each run began and ended. `starts` is its first commit alone: so many workers each start
 * the next ready task, with its run, its token, its events and the dispatcher's fence, for an agent
 * that is free.
 *
 * @since 0.1.0
 */
import { Attempts, type Driver, Identifier, Shell, StoreClock, Tenure, Tokens } from "@foreman/core"
import { Effect } from "effect"
import * as Drain from "./Drain.ts"
import * as PostgresForeman from "./PostgresForeman.ts"
import { withClient } from "./PostgresServer.ts"

// models ----------------------------------------------------------------------

/** What is drained in which way: so many at once, in a store. */
interface Subject {
  readonly url: string
  readonly workers: number
  readonly place: PostgresForeman.Place
  readonly opened: Awaited<ReturnType<typeof PostgresForeman.open>>
}

// rules -----------------------------------------------------------------------

const callers = 64

/** How many are asked for at once. */
const page = 500

// operations ------------------------------------------------------------------

const createTasks = async ({ opened, place }: Subject, count: number): Promise<void> => {
  const create = opened.client.createTask(PostgresForeman.taskOf(place.teamId))
  await opened.run(Effect.replicateEffect(create, count, { concurrency: callers, discard: true }))
}

type Candidate = Omit<Attempts.Wanted, "issued" | "runId">

const candidateOf = (task: Driver.Row, agent?: Driver.Row): ReadonlyArray<Candidate> => {
  if (agent === undefined) return []
  return [
    {
      taskId: Identifier.TaskId.make(Number(task["id"])),
      agentId: Identifier.AgentId.make(String(agent["id"])),
      known: Attempts.knownFrom(task, agent)
    }
  ]
}

const runs = async (subject: Subject): Promise<Drain.Drainer> => ({
  fill: (count) => createTasks(subject, count),
  start: async (take) => {
    const { url, workers: agents } = subject
    const reactors = await PostgresForeman.work({ url, agents, take })
    return reactors.close
  },
  left: () =>
    withClient(subject.url, async (client) => {
      const text = "SELECT count(*)::int AS left FROM foreman.tasks WHERE status <> 'done'"
      return Number((await client.query(text)).rows[0]?.left)
    }),
  close: subject.opened.close
})

const starts = async (subject: Subject): Promise<Drain.Drainer> => {
  const { opened, place, workers } = subject
  const { organization, teamId } = place
  const counts = { agents: 0, left: 0 }
  // Whoever has begun is never idle again, and a page from the start would pass over all of them. A
  // dispatcher meets few who are busy, as they end what they do: each page begins behind the last.
  let after = ""
  const createAgents = (count: number) =>
    Effect.forEach(
      Array.from({ length: count }, () => `spare-${counts.agents++}`),
      (name) =>
        opened.client.createAgent({
          teamId: Identifier.TeamId.make(teamId),
          name,
          role: "engineer",
          model: "none",
          config: { runner: "function" }
        }),
      { concurrency: callers }
    )
  const startAll = (take: () => void) =>
    Effect.gen(function* () {
      const shell = yield* Shell.Shell
      const clock = yield* StoreClock.StoreClock
      const wanted = { organization, name: "dispatcher", holder: "benchmark", ttlMillis: 600_000 }
      const tenure = yield* Tenure.acquire(shell, clock, wanted)
      if (tenure === undefined) return yield* Effect.die("Somebody else dispatches")
      let candidates: Array<Candidate> = []
      const worker = Effect.gen(function* () {
        for (;;) {
          const candidate = candidates.shift()
          if (candidate === undefined) return
          const runId = yield* Attempts.nextRunId
          const issued = yield* Tokens.issue(runId, (yield* clock.now) + 3_600_000_000)
          yield* Attempts.queue(shell, tenure, { ...candidate, runId, issued })
          counts.left -= 1
          take()
        }
      })
      while (counts.left > 0) {
        // The next ones in the queue's own order, and who is free: as the dispatcher asks for them.
        const ready = yield* shell.driver.ask(organization, "startable", { limit: page })
        const idle = yield* shell.driver.ask(organization, "idle_agents", {
          after,
          limit: page
        })
        candidates = ready.flatMap((task, index) => candidateOf(task, idle[index]))
        after = candidates.at(-1)?.agentId ?? after
        if (candidates.length === 0) return yield* Effect.die("Nothing is ready")
        yield* Effect.all(
          Array.from({ length: workers }, () => worker),
          { concurrency: "unbounded" }
        )
      }
    })
  return {
    fill: async (count) => {
      await createTasks(subject, count)
      await opened.run(createAgents(count))
      counts.left = count
    },
    start: async (take) => {
      const all = opened.runWith(startAll(take))
      return () => all
    },
    left: async () => counts.left,
    close: opened.close
  }
}

const [, url = "", count, mode] = process.argv.slice(2)
const workers = Number(count)
const place = await PostgresForeman.prepare(url, mode === "runs" ? workers : 0)
const subject = { url, workers, place, opened: await PostgresForeman.open(url) }
Drain.serve(mode === "runs" ? await runs(subject) : await starts(subject))
