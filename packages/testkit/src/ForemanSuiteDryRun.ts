/**
 * What a dry run promises: it shows what the command writes when it is carried out right after, and
 * leaves no trace.
 *
 * @internal
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

import { DryRun, Envelope, Foreman, Identifier, Shell } from "@foreman/core"
import type { Prepare } from "./FailingStoreGiven.ts"
import { scenarios } from "./FailingStoreScenarios.ts"
import { nobody, standing } from "./ForemanSuiteSubject.ts"
import type { It } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: It): void => {
  for (const [command, prepare] of Object.entries(scenarios)) {
    it.effect(`shows what ${command} writes, and leaves no trace`, () => rehearsing(prepare))
  }
  refusing(it)
  repeating(it)
}

// internal --------------------------------------------------------------------

const rehearsing = Effect.fnUntraced(function* (prepare: Prepare) {
  const given = yield* TestForeman.givenTeam()
  const command = yield* prepare(given)
  const organizations = [given.organization.id, "system"]
  const key = `dry-${given.organization.slug}`

  const before = yield* standing(organizations)
  const numbers = yield* nextNumbers
  const dry = yield* Effect.orDie(DryRun.of(command(key)))
  assert.deepStrictEqual(yield* standing(organizations), before)
  const after = (yield* nextNumbers).map((number) => number - 1)
  assert.deepStrictEqual(after, numbers, "a number was taken")

  const heads = yield* positions
  const answer = yield* Effect.orDie(command(key))
  const written = yield* eventsAfter(heads)
  assert.isNotEmpty(written, "the key has a receipt, or the command does nothing")
  const shown = dry.more ? written.slice(0, dry.events.length) : written
  assert.isTrue(alike(dry.events, shown), JSON.stringify([dry.events, written], null, 2))
  assert.isNotEmpty(dry.events)
  if (!dry.more) assert.isTrue(alike(dry.answer, answer), JSON.stringify([dry.answer, answer]))
})

const refusing = (it: It) => {
  it.effect("is refused what the command is, by a constraint and by a question alike", () =>
    Effect.gen(function* () {
      const { dryRun } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const { engineers, organization, team } = given
      const { id: taskId } = yield* TestForeman.givenTask(given)
      const { id: waiting } = yield* TestForeman.givenTask(given, { dependsOn: [taskId] })
      const slugs = { name: "Other", slug: team.slug }
      const refusals = [
        yield* Effect.flip(dryRun.createOrganization({ name: "Acme", slug: organization.slug })),
        yield* Effect.flip(dryRun.createTeam({ orgId: organization.id, ...slugs })),
        yield* Effect.flip(dryRun.addDependency({ taskId, dependsOnId: waiting })),
        yield* Effect.flip(dryRun.changeTaskStatus({ taskId: waiting, status: "in_progress" })),
        yield* Effect.flip(
          dryRun.retryTask({ taskId }).pipe(TestForeman.asAgent(engineers[0] ?? given.manager))
        ),
        yield* Effect.flip(dryRun.createTask(TestForeman.wanted(Identifier.TeamId.make(nobody))))
      ]
      assert.deepStrictEqual(
        refusals.map(({ _tag }) => _tag),
        [
          "SlugTaken",
          "SlugTaken",
          "DependencyCycle",
          "BlockedByDependencies",
          "PermissionDenied",
          "TeamNotFound"
        ]
      )
    }).pipe(TestForeman.asOperator)
  )
}

const repeating = (it: It) => {
  it.effect("shows no event under a key that the command has been carried out with", () =>
    Effect.gen(function* () {
      const { client, dryRun } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const options = { idempotencyKey: `once-${given.organization.slug}` }
      const wish = TestForeman.wanted(given.team.id)
      const task = yield* client.createTask(wish, options)
      const dry = yield* dryRun.createTask(wish, options)
      assert.deepStrictEqual(dry, { dryRun: true, events: [], more: false, answer: task })
      const other = dryRun.createTask({ ...wish, title: "Another" }, options)
      assert.strictEqual((yield* Effect.flip(other))._tag, "IdempotencyKeyReused")
    }).pipe(TestForeman.asOperator)
  )
}

const sequences = ["tasks", "messages", "reviews", "merge_jobs", "human_requests"]

const nextNumbers = Shell.Shell.use(({ allocate }) =>
  Effect.orDie(Effect.forEach(sequences, (sequence) => allocate(sequence)))
)

const positions = Shell.Shell.use(({ driver }) =>
  Effect.map(
    Effect.orDie(driver.ask("system", "heads", { after: "", limit: 10_000 })),
    (rows) => new Map(rows.map((row) => [String(row["organization"]), Number(row["position"])]))
  )
)

/** What was written anywhere since, in the form in which a dry run shows it. */
const eventsAfter = Effect.fnUntraced(function* (before: ReadonlyMap<string, number>) {
  const { driver } = yield* Shell.Shell
  const written: Array<DryRun.PlannedEvent> = []
  for (const [organization, position] of yield* positions) {
    const after = before.get(organization) ?? 0
    if (position === after) continue
    const events = yield* Effect.orDie(driver.readAll(organization, { after, limit: 1000 }))
    for (const event of events) {
      const { data } = Envelope.bodyOf(event)
      written.push({ stream: event.stream, type: event.type, data })
    }
  }
  return written
})

const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
const instant = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z`
const name = new RegExp(`${DryRun.placeholder}|${uuid}|${instant}`, "g")

/** Whether two values differ in nothing but names that are given anew and in times. */
const alike = (dry: unknown, real: unknown): boolean => {
  if (dry === DryRun.placeholder) return typeof real === "number"
  if (typeof dry === "string" && typeof real === "string") {
    return dry === real || new RegExp(`^${patternOf(dry)}$`).test(real)
  }
  if (typeof dry !== "object" || typeof real !== "object" || dry === null || real === null) {
    return dry === real
  }
  const [shown, written] = [Object.entries(dry), new Map(Object.entries(real))]
  return (
    shown.length === written.size &&
    shown.every(([key, value]) => written.has(key) && alike(value, written.get(key)))
  )
}

/** What a text becomes when the names in it are others. */
const patternOf = (text: string): string =>
  text
    .split(name)
    .map((part) => part.replace(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`))
    .join(String.raw`[\w:.-]+`)
