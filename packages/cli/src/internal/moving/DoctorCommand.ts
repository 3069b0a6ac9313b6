/**
 * `foreman doctor`: looks at a store, running or not, and says what in it cannot be. It only reads, and
 * from PostgreSQL all of it as it was at one moment.
 */
import { Doctor } from "@foreman/core"
import { Effect } from "effect"
import * as OpenStore from "../../OpenStore.ts"
import { counted } from "../Counted.ts"
import { exitCodes } from "../ExitCode.ts"
import type { Command } from "../Grammar.ts"
import type { Terminal } from "../Terminal.ts"
import * as Failure from "./Failure.ts"
import * as Place from "./Place.ts"

// services --------------------------------------------------------------------

export const command: Command = {
  words: ["doctor"],
  summary: "Looks at a store and says what in it cannot be",
  details:
    "Looks at the store of a server, running or not, without changing it. Ends with 0 when nothing " +
    "is wrong, 1 when something is.",
  positionals: [],
  flags: [{ name: "check", description: "Only looks and says, which is all that it does anyway" }],
  examples: ["foreman doctor", "foreman doctor --db postgres://foreman@localhost/foreman --json"],
  run: async (_, context) => {
    const { isJson, signal, terminal } = context
    const { called, environment, settings } = await Place.told(context)
    const title = OpenStore.titleOf(settings, called)
    const check = Effect.gen(function* () {
      const driver = yield* Place.look(settings)
      const artifacts = yield* OpenStore.artifactsOf(settings, environment, { readOnly: true })
      return yield* Doctor.check(driver, { artifacts })
    })
    const report = await Failure.run(check, { title, signal })
    await terminal.out(
      isJson ? `${JSON.stringify(report, undefined, 2)}\n` : linesOf(terminal, title, report)
    )
    return report.violations === 0 ? exitCodes.done : exitCodes.refused
  }
}

// internal --------------------------------------------------------------------

const linesOf = (terminal: Terminal, title: string, report: Doctor.Report): string => {
  const { events, findings, organizations, violations } = report
  const outcome = violations === 0 ? "nothing is wrong" : counted(violations, "violation")
  return [
    ...findings.flatMap((finding) => findingOf(terminal, finding)),
    `${title}: ${counted(organizations, "organization")}, ${counted(events, "event")}, ${outcome}`,
    ""
  ].join("\n")
}

const findingOf = (
  { paint }: Terminal,
  { examined, id, samples, title, violations }: Doctor.Finding
): ReadonlyArray<string> => [
  violations === 0
    ? `${paint("good", "ok  ")} ${id} ${title}: ${examined} looked at`
    : `${paint("bad", "FAIL")} ${id} ${title}: ${examined} looked at, ${violations} wrong`,
  ...samples.map(({ detail, organization, place }) => `       ${organization} ${place} ${detail}`)
]
