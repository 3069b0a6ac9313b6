/**
 * Work handed over by Foreman: one process creates tasks, another one gives them to its agents.
 *
 * @since 0.1.0
 */
import * as Pickup from "./Pickup.ts"
import * as PostgresForeman from "./PostgresForeman.ts"

// rules -----------------------------------------------------------------------

const agents = 10

// operations ------------------------------------------------------------------

const produce = async (url: string): Promise<Pickup.Producer> => {
  const { teamId } = await PostgresForeman.prepare(url, agents)
  const { client, close, run } = await PostgresForeman.open(url)
  const task = PostgresForeman.taskOf(teamId)
  return { send: async () => String((await run(client.createTask(task))).id), close }
}

const consume: Pickup.Consume = (url, take) =>
  PostgresForeman.work({ url, agents, take: (taskId) => take(String(taskId)) })

await Pickup.serve(produce, consume)
