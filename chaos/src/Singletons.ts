/**
 * Two nodes contest every singleton, and one of them is killed or frozen now and then: only whoever
 * holds it last writes, and what was counted under it is counted once.
 *
 * @since 0.1.0
 */
import { join } from "node:path"
import * as History from "./History.ts"
import * as Nodes from "./Nodes.ts"
import type { Hold } from "./Protocol.ts"
import type { Outcome, Stage } from "./Scenario.ts"
import * as Stores from "./Stores.ts"

// operations ------------------------------------------------------------------

/** Contests four tenures on two nodes. */
export const run = async (stage: Stage): Promise<Outcome> => {
  const { direct, folder, random, seconds, store } = stage
  const names = ["one", "two", "three", "four"].map((name) => `contested-${name}`)
  const faults: Record<string, number> = {}
  const count = (fault: string) => (faults[fault] = (faults[fault] ?? 0) + 1)
  const template = { store, folder, dispatch: false, maxConcurrent: 1, ttlMillis, workMillis: 0 }
  const nodes = await Nodes.start(["north", "south"], () => template)
  try {
    await Stores.prepareCounts(direct, names)
    const end = Date.now() + seconds * 1000
    const contend = () => {
      const left = (end - Date.now()) / 1000
      for (const node of nodes.alive()) {
        const contest = { names, contenders: 3, seconds: left, ttlMillis }
        if (busy.has(node.holder)) continue
        busy.add(node.holder)
        void node.contend({ ...contest, file: join(folder, `${node.name}.holds.jsonl`) })
      }
    }
    const busy = new Set<string>()
    contend()
    while (Date.now() < end) {
      await Nodes.pause(300 + random.below(700))
      const victim = random.pick(nodes.alive())
      if (victim === undefined) continue
      if (random.below(3) === 0) {
        await nodes.restart(victim.name, 0)
        count("kill -9 of a node")
        contend()
      } else {
        victim.freeze()
        await Nodes.pause(2 * ttlMillis)
        victim.thaw()
        count("holders frozen past their leases")
      }
    }
    await Nodes.pause(1_000)
    await nodes.endAll()
  } finally {
    await nodes.killAll()
  }
  return judge(stage, names, faults)
}

// internal --------------------------------------------------------------------

const ttlMillis = 300

const judge = async (
  { direct, folder }: Stage,
  names: ReadonlyArray<string>,
  faults: Outcome["faults"]
): Promise<Outcome> => {
  const holds = ["north", "south"].flatMap((name) =>
    History.read<Hold>(join(folder, `${name}.holds.jsonl`))
  )
  const having = (what: Hold["what"], name?: string) =>
    holds.filter((one) => one.what === what && (name === undefined || one.name === name)).length
  const counts = await Stores.countsOf(direct, names)
  const violations = names.flatMap((name, index) => {
    const count = counts[index] ?? 0
    const least = having("counted", name)
    const most = having("asked", name) - having("lost", name)
    return count >= least && count <= most
      ? []
      : [`counts: ${name} stands at ${count}, which should be ${least} to ${most}`]
  })
  const overtaken = holds.filter(({ what }) => what === "overtaken")
  violations.push(
    ...overtaken.map(({ name, token }) => `fencing: ${token} of ${name} held, and was overtaken`)
  )
  const answered = having("counted") + having("lost") + having("unknown") + overtaken.length
  const tenures = new Set(holds.map(({ name, token }) => `${name}/${token}`)).size
  return {
    faults: { ...faults, "tenure taken": tenures },
    acknowledged: having("counted"),
    refused: having("lost"),
    ambiguous: having("unknown") + having("asked") - answered,
    repeated: 0,
    events: 0,
    examined: { counts: names.length, fencing: holds.length },
    violations
  }
}
