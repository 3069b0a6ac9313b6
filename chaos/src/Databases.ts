/**
 * What befalls the database: the server ends in every way and comes back, connections are cut at a
 * chosen message, and those that listen are lost or fall silent.
 *
 * @since 0.1.0
 */
import { pause } from "./Nodes.ts"
import * as Proxy from "./Proxy.ts"
import { type Outcome, play, type Stage } from "./Scenario.ts"

// operations ------------------------------------------------------------------

/** The server restarts every second or two: politely, cutting connections, without a word. */
export const restarts = (stage: Stage): Promise<Outcome> =>
  play(stage, { pauseMillis: 0 }, async ({ count }) => {
    const random = stage.random.fork("restarts")
    const end = Date.now() + stage.seconds * 1000
    while (Date.now() < end) {
      await pause(700 + random.below(1300))
      const mode = random.pick(["fast", "immediate", "kill"] as const) ?? "fast"
      await stage.server?.restart(mode)
      count(`restart (${mode})`)
    }
  })

/** Connections are cut around the messages that commit. */
export const cuts = (stage: Stage): Promise<Outcome> =>
  withProxy(stage, (proxy, behind) =>
    play(behind, { pauseMillis: 0 }, async ({ count }) => {
      const random = stage.random.fork("cuts")
      const end = Date.now() + stage.seconds * 1000
      while (Date.now() < end) {
        await pause(random.below(120))
        const place = random.pick(cutsAt) ?? "answer"
        if (await proxy.cut(place)) count(`cut ${words[place]}`)
      }
    })
  )

/** Connections that listen are cut, or fall silent; now and then a command is never answered. */
export const deaf = (stage: Stage): Promise<Outcome> =>
  withProxy(stage, (proxy, behind) =>
    play(behind, {}, async ({ count }) => {
      const random = stage.random.fork("deaf")
      const end = Date.now() + stage.seconds * 1000
      for (let turn = 0; Date.now() < end; turn++) {
        await pause(500 + random.below(1000))
        if (turn % 2 === 0) {
          for (let left = proxy.dropListeners(); left > 0; left--) count("listener cut")
        } else {
          for (let left = proxy.muteListeners(); left > 0; left--) count("listener silent")
        }
        // Whoever waits for that answer waits for as long as a statement may take.
        const isTime = !stage.isShort && turn % 30 === 3
        if (isTime && (await proxy.cut("silence"))) count(words.silence)
      }
    })
  )

// internal --------------------------------------------------------------------

const cutsAt = ["before", "during", "answer", "late", "inside"] as const

const words = {
  before: "before a commit was sent",
  during: "when a commit was sent",
  answer: "when a commit was answered",
  late: "between a commit's answer and its end",
  inside: "inside a transaction",
  silence: "commit never answered"
} as const

const withProxy = async (
  stage: Stage,
  body: (proxy: Proxy.Proxy, behind: Stage) => Promise<Outcome>
): Promise<Outcome> => {
  const proxy = await Proxy.start(stage.direct)
  try {
    return await body(proxy, { ...stage, store: proxy.url })
  } finally {
    await proxy.close()
  }
}
