/**
 * Whoever dispatches is frozen for more than twice its lease and thawed again: another one takes over,
 * and what the first one still wants to write is refused.
 *
 * @since 0.1.0
 */
import { pause } from "./Nodes.ts"
import { type Outcome, play, type Scene, type Stage } from "./Scenario.ts"
import * as Stores from "./Stores.ts"

// operations ------------------------------------------------------------------

/** Freezes the present dispatcher again and again; in between the nodes start anew. */
export const run = (stage: Stage): Promise<Outcome> => {
  const cast = { agents: 24, maxConcurrent: 4, workMillis: 100, ttlMillis, pauseMillis: 15 }
  return play(stage, cast, async (scene) => {
    const random = stage.random.fork("freezes")
    const end = Date.now() + stage.seconds * 1000
    do {
      await plan(scene)
      await pause(300 + random.below(500))
      await freeze(stage, scene)
    } while (Date.now() < end)
  })
}

// internal --------------------------------------------------------------------

const ttlMillis = 1_500

/** Far more than can be begun: whoever wakes up finds agents and tasks that it could bring together. */
const plan = async ({ clients, count, world }: Scene): Promise<void> => {
  const planner = clients.make(`planner-${count("backlog planned")}`)
  const input = { team_id: world.staffed, title: "backlog" }
  const one = () => planner.command({ name: "create_task", writes: "task.created", input })
  await Promise.all(Array.from({ length: 150 }, one))
}

const freeze = async ({ direct }: Stage, scene: Scene): Promise<void> => {
  const { count, froze, nodes, world } = scene
  const holder = await Stores.holderOf(direct, world.organization, "dispatcher")
  const first = nodes.alive().find((node) => node.holder === holder)
  if (first === undefined) return
  first.freeze()
  froze(first.holder)
  try {
    await pause(2 * ttlMillis + 500)
  } finally {
    first.thaw()
  }
  count("dispatcher frozen past its lease")
  // Time enough for what it had in hand.
  await pause(1_500)
  // It may be the dispatcher again only under another name.
  await nodes.restart(first.name, 0)
}
