/**
 * `foreman rebuild`: makes all projections again from the events and compares them row for row. With
 * `--write` it puts the right rows in the place of the wrong ones.
 */
import { type Driver, Rebuild, type Settings } from "@foreman/core"
import { Effect } from "effect"
import * as OpenStore from "../../OpenStore.ts"
import { counted } from "../Counted.ts"
import { exitCodes, Failed } from "../ExitCode.ts"
import { type Command, isOn } from "../Grammar.ts"
import type { Terminal } from "../Terminal.ts"
import * as Failure from "./Failure.ts"
import * as Organizations from "./Organizations.ts"
import * as Place from "./Place.ts"

// services --------------------------------------------------------------------

export const command: Command = {
  words: ["rebuild"],
  summary: "Makes all rows again from the events, and compares them",
  details:
    "Makes all projections again from the events, and compares them row for row. The store may be in " +
    "use. Ends with 0 when nothing differs any more, 1 when something does, or when the chain of hashes " +
    "is broken: then --write writes nothing for that organization.",
  positionals: [],
  flags: [
    {
      name: "organization",
      aliases: ["org"],
      placeholder: "ID",
      isRepeated: true,
      description: "Only this one, or these"
    },
    { name: "write", description: "Puts the right rows in the place of those that differ" }
  ],
  examples: ["foreman rebuild", "foreman rebuild --write"],
  run: async (given, context) => {
    const { isJson, signal, terminal } = context
    const { called, settings } = await Place.told(context)
    const work = rebuild(settings, given.flags["organization"], isOn(given, "write"))
    const title = OpenStore.titleOf(settings, called)
    const outcomes = await Failure.run(work, { title, signal })
    await terminal.out(
      isJson
        ? `${JSON.stringify(outcomes, undefined, 2)}\n`
        : outcomes.flatMap((outcome) => linesOf(terminal, outcome)).join("")
    )
    return outcomes.every(isRight) ? exitCodes.done : exitCodes.refused
  }
}

// internal --------------------------------------------------------------------

interface Outcome extends Rebuild.Comparison {
  readonly organization: string
  readonly repaired: number
}

/** What is said of an organization whose chain is broken so that its rows were not looked at. */
interface Refused {
  readonly organization: string
  readonly repaired: 0
  readonly firstBroken: number
  readonly error: string
}

const isRight = (outcome: Outcome | Refused): boolean =>
  !("error" in outcome) && outcome.firstBroken === null && outcome.total === 0

const rebuild = Effect.fnUntraced(function* (
  place: Settings.Settings,
  only: ReadonlyArray<string> | undefined,
  isWriting: boolean
) {
  // Who puts rows right makes no store.
  if (isWriting) yield* Place.look(place)
  const driver = yield* isWriting ? OpenStore.open(place) : Place.look(place)
  const outcomes: Array<Outcome | Refused> = []
  const all = yield* Organizations.of(driver)
  const unknown = only?.find((organization) => !all.includes(organization))
  if (unknown !== undefined) {
    const words = `There is no organization ${unknown} in this store`
    return yield* Effect.fail(new Failed(exitCodes.notFound, "OrganizationNotFound", words))
  }
  for (const organization of only ?? all) {
    outcomes.push(yield* outcomeOf(driver, organization, isWriting))
  }
  return outcomes
})

const outcomeOf = (driver: Driver.Driver, organization: string, isWriting: boolean) => {
  const refused = (firstBroken: number, error: string): Refused => ({
    organization,
    repaired: 0,
    firstBroken,
    error
  })
  const looked = isWriting
    ? Rebuild.repair(driver, organization)
    : Effect.map(Rebuild.compare(driver, organization), (comparison) => ({
        comparison,
        repaired: 0
      }))
  return looked.pipe(
    Effect.map(({ comparison, repaired }): Outcome | Refused => ({
      organization,
      repaired,
      ...comparison
    })),
    Effect.catchTags({
      ChainBroken: ({ message, position }) => Effect.succeed(refused(position, message)),
      NotReplayable: (failure) =>
        failure.firstBroken === undefined
          ? Effect.fail(failure)
          : Effect.succeed(refused(failure.firstBroken, failure.message))
    })
  )
}

const linesOf = (terminal: Terminal, outcome: Outcome | Refused): ReadonlyArray<string> =>
  "error" in outcome
    ? [`${terminal.paint("bad", "FAIL")} ${outcome.error}\n`]
    : linesOfCompared(terminal, outcome)

const linesOfCompared = (
  { paint }: Terminal,
  { differences, firstBroken, missingTo, organization, position, repaired, rows, total }: Outcome
): ReadonlyArray<string> => {
  const count = Object.values(rows).reduce((sum, number) => sum + number, 0)
  const outcome = total === 0 ? "nothing differs" : `${total} ${total === 1 ? "differs" : "differ"}`
  const done = repaired === 0 ? "" : `, ${repaired} put right`
  const mark = total + (firstBroken ?? 0) === 0 ? paint("good", "ok  ") : paint("bad", "FAIL")
  const what =
    missingTo === null
      ? "so the events are not what they were"
      : `and all events up to position ${missingTo} are missing`
  const broken = `       the chain of hashes is broken at event ${firstBroken}, ${what}: restore a backup\n`
  return [
    ...differences.map(lineOf),
    ...(firstBroken === null ? [] : [broken]),
    `${mark} ${organization}: ${counted(position, "event")}, ${counted(count, "row")}, ` +
      `${outcome}${done}\n`
  ]
}

const lineOf = ({ key, rebuilt, stored, table }: Rebuild.Difference): string => {
  const lost = stored === null ? "is missing" : "differs"
  const problem = rebuilt === null ? "should not be there" : lost
  return `       ${table} ${JSON.stringify(key)} ${problem}\n`
}
