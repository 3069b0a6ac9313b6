/**
 * Nodes are killed with `kill -9` under load, and start anew.
 *
 * @since 0.1.0
 */
import { pause } from "./Nodes.ts"
import { type Outcome, play, type Stage } from "./Scenario.ts"

// operations ------------------------------------------------------------------

/** Kills one node after the other, now and then both at once. */
export const run = (stage: Stage): Promise<Outcome> =>
  play(stage, {}, async ({ count, nodes }) => {
    const random = stage.random.fork("kills")
    const end = Date.now() + stage.seconds * 1000
    while (Date.now() < end) {
      await pause(300 + random.below(1500))
      const names = random.below(5) === 0 ? ["north", "south"] : [random.pick(["north", "south"])]
      await Promise.all(
        names.map(async (name) => {
          if (name === undefined) return
          count("kill -9 of a node")
          await nodes.restart(name, random.below(800))
        })
      )
    }
  })
