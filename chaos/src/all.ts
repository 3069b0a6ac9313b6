/**
 * `npm run chaos`: breaks what can break while clients write, and compares what they saw with what is
 * stored. Ends with 0 when all holds, 1 when something does not, 2 when it could not run.
 *
 * @since 0.1.0
 */
import { parseArgs } from "node:util"
import { type Played, playAll } from "./Programme.ts"
import { scenarios } from "./scenarios.ts"

const usage = `npm run chaos [-- --short] [--seed N] [--seconds N] [--dispatches N] [--only NAME,...]

Breaks nodes, databases and connections while clients write, and compares what they were told with
what is stored.

  --short         the fast form: under two minutes
  --seed N        the seed that decides what is done when; a new one unless given
  --seconds N     how long each scenario's faults go on
  --dispatches N  how many tasks are contested: 1,000,000, or 20,000 when short
  --only NAMES    only these scenarios: ${scenarios.map(({ name }) => name).join(", ")}
  --store NAME    only on this store: sqlite or postgres
  --json          one JSON document instead of lines
  --help          this

Ends with 0 when all holds, 1 when something does not, 2 when it could not run.`

// internal --------------------------------------------------------------------

const read = () =>
  parseArgs({
    options: {
      short: { type: "boolean", default: false },
      seed: { type: "string" },
      seconds: { type: "string" },
      dispatches: { type: "string" },
      only: { type: "string" },
      store: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false }
    }
  }).values

const numberOf = (name: string, value: string | undefined): number | undefined => {
  if (value === undefined) return undefined
  const number = Number(value)
  if (Number.isInteger(number) && number > 0) return number
  throw new Error(`--${name} should be a whole number above 0, not ${value}`)
}

const lines = ({ name, outcome, seconds, store }: Played): ReadonlyArray<string> => {
  const { acknowledged, ambiguous, events, examined, faults, refused, repeated, violations } =
    outcome
  const looked = Object.values(examined).reduce((sum, count) => sum + count, 0)
  return [
    `${violations.length === 0 ? "ok  " : "FAIL"} ${name} on ${store}, ${seconds} s`,
    `       faults: ${worded(faults)}`,
    `       ${acknowledged} acknowledged, ${refused} refused, ${ambiguous} ambiguous, ` +
      `${repeated} repeated; ${events} events, ${looked} checks`,
    ...violations.slice(0, 20).map((violation) => `       ${violation}`),
    ...(violations.length > 20 ? [`       and ${violations.length - 20} more`] : [])
  ]
}

const worded = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([what, count]) => `${count} x ${what}`)
    .join(", ") || "none"

const main = async (): Promise<number> => {
  const { dispatches, help, json, only, seconds, seed: given, short, store } = read()
  if (help) {
    console.log(usage)
    return 0
  }
  const names = only?.split(",")
  const strange = names?.filter((name) => scenarios.every((one) => one.name !== name)) ?? []
  if (strange.length > 0) throw new Error(`There is no scenario ${strange.join(", ")}`)
  if (store !== undefined && store !== "sqlite" && store !== "postgres") {
    throw new Error(`--store should be sqlite or postgres, not ${store}`)
  }
  const seed = numberOf("seed", given) ?? Math.floor(Math.random() * 2 ** 31)
  if (!json) console.log(`seed ${seed}`)
  const played = await playAll(scenarios, {
    seed,
    isShort: short,
    seconds: numberOf("seconds", seconds),
    dispatches: numberOf("dispatches", dispatches) ?? (short ? 20_000 : 1_000_000),
    names,
    store,
    tell: (one) => (json ? undefined : console.log(lines(one).join("\n"))),
    say: (line) => (json ? undefined : console.log(`     ${line}`))
  })
  const violations = played.reduce((sum, { outcome }) => sum + outcome.violations.length, 0)
  if (json) console.log(JSON.stringify({ seed, violations, played }, undefined, 2))
  else console.log(violations === 0 ? "nothing is wrong" : `${violations} violations, seed ${seed}`)
  return violations === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 2
}
