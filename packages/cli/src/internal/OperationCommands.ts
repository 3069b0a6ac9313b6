/**
 * A command for every operation of the catalogue: its words, flags and places follow from the
 * operation, so a new one costs nothing here.
 */
import { type Operation, Route, Wire } from "@foreman/core"
import { missing } from "./Arguments.ts"
import type { Connection } from "./Connection.ts"
import type { Context } from "./Context.ts"
import { exitCodes, Failed } from "./ExitCode.ts"
import {
  type Command,
  type Flag,
  type Given,
  isOn,
  Misused,
  type Positional,
  valueOf
} from "./Grammar.ts"
import * as Input from "./Input.ts"
import { answerOf } from "./OperationAnswer.ts"
import * as Scope from "./Scope.ts"
import * as Typed from "./Typed.ts"
import { dashed, descriptionOf, placeholderOf, read, shapeOf } from "./Values.ts"

// models ----------------------------------------------------------------------

/** An operation, taken apart for the command line. */
export interface Part {
  readonly operation: Operation.Any
  readonly words: ReadonlyArray<string>
  readonly fields: ReadonlyArray<Route.Field>
  /** The fields that have a place. */
  readonly places: ReadonlyArray<Route.Field>
}

// rules -----------------------------------------------------------------------

/** Every operation of a catalogue, taken apart. */
export const partsOf = (catalogue: Operation.Catalogue): ReadonlyArray<Part> =>
  Object.values(catalogue).map(partOf)

/** Takes an operation apart. What its path names has a place, but for what there is a local one of. */
export const partOf = (operation: Operation.Any): Part => {
  const words = operation.cli.trim().split(/\s+/)
  const { fields, path } = Route.of(operation)
  const order = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name)
  const places = fields
    .filter(({ name, place }) => place === "path" && hasPlace(name, words))
    .toSorted((one, other) => order.indexOf(one.name) - order.indexOf(other.name))
  return { operation, words, fields, places }
}

/** The flag of a field: its name on the wire with dashes. */
export const flagOf = (field: Route.Field, words: ReadonlyArray<string> = []): Flag => {
  const { name, schema } = field
  const shape = shapeOf(schema)
  const placeholder = placeholderOf(shape)
  const description = [describe(field), defaultOf(field)].filter((text) => text !== "")
  const choices = shape.items?.choices ?? shape.choices
  return {
    name: dashed(name),
    aliases: [
      // What is made may be given an id of one's own.
      ...(words.at(-1) === "create" && name === `${words.at(-2)}_id` ? ["id"] : []),
      ...aliasesOf(name, shape.type === "list")
    ],
    ...(placeholder === undefined ? {} : { placeholder }),
    isRequired: field.isRequired && !Scope.scopes.includes(name),
    isRepeated: shape.type === "list",
    ...(choices.length === 0 ? {} : { choices }),
    description: description.join(" ")
  }
}

/** A list that is narrowed by a field which its items have takes no word that no item can have. */
const withChoices = (flag: Flag, { name }: Route.Field, operation: Operation.Any): Flag => {
  if (!operation.isList || flag.choices !== undefined || flag.placeholder !== "TEXT") return flag
  const items = Wire.jsonSchema(operation.output).properties?.["items"]?.items
  const { choices } = shapeOf(items?.properties?.[name] ?? {})
  return choices.length === 0 ? flag : { ...flag, choices, placeholder: choices.join("|") }
}

/** The command of an operation. */
export const commandOf = (part: Part): Command => {
  const { fields, operation, places, words } = part
  const positionals = places.map((field): Positional => ({
    name: placeName(field.name),
    // It may come as a flag or in a file as well, and is looked for later.
    isRequired: false,
    description: `${describe(field)}${field.isRequired ? "" : " (may be left out)"}`
  }))
  const own = fields.map((field) => withChoices(flagOf(field, words), field, operation))
  const extra = extras(part).filter(({ name }) => own.every((flag) => flag.name !== name))
  return {
    words,
    summary: summaryOf(operation.description),
    details: operation.description,
    positionals,
    flags: [...own, ...extra],
    examples: [Typed.exampleOf(part)],
    // What is named by its id is there already, or there is nothing to do.
    needsStore: operation.kind === "query" || places.some(({ isRequired }) => isRequired),
    run: async (given, context) => {
      const input = await inputOf(part, given)
      return run(part, input, given, context)
    }
  }
}

// services --------------------------------------------------------------------

/** The input that was given, without what stands in for what was not. */
export const inputOf = async (
  { fields, places, words }: Part,
  given: Given
): Promise<Readonly<Record<string, unknown>>> => {
  const file = valueOf(given, "input")
  const input: Record<string, unknown> = file === undefined ? {} : { ...(await Input.read(file)) }
  for (const field of fields) {
    const place = given.positionals[places.indexOf(field)]
    const texts = [
      ...(place === undefined ? [] : [place]),
      ...(given.flags[dashed(field.name)] ?? [])
    ]
    if (texts.length === 0) continue
    const label = places.includes(field) ? placeName(field.name) : `--${dashed(field.name)}`
    const problem = texts.map((text) => Typed.problemOf(field, text)).find((one) => one !== "")
    if (problem !== undefined) throw new Misused(`${label} is ${problem}`, words)
    input[field.name] = read(field.schema, texts)
  }
  const lacking = fields.filter(
    ({ isRequired, name }) =>
      isRequired && input[name] === undefined && !Scope.scopes.includes(name)
  )
  if (lacking.length === 0) return input
  throw missing(
    { words },
    lacking.map((field) =>
      places.includes(field) ? placeName(field.name) : `--${dashed(field.name)}`
    )
  )
}

/** Fills in what is local, and calls. */
export const call = async (
  part: Part,
  connection: Connection,
  input: Readonly<Record<string, unknown>>,
  given: Given,
  signal: AbortSignal
): Promise<unknown> => {
  const { fields, operation } = part
  const isDry = isOn(given, "dry-run")
  const wish: Scope.Wish = {
    connection,
    isDry,
    mayMake: operation.kind === "command",
    needed: fields.flatMap(({ isRequired, name }) => (isRequired ? [name] : []))
  }
  const beside = (field: string, flag: string) =>
    fields.some(({ name }) => name === field) ? undefined : valueOf(given, flag)
  const organization = beside("org_id", "org")
  const team = beside("team_id", "team")
  const filled = await Scope.complete(wish, input, organization).catch((cause: unknown) => {
    if (cause instanceof Scope.Rehearsed) return cause
    throw cause
  })
  if (filled instanceof Scope.Rehearsed) return filled.answer
  const whole = await Scope.named(wish, filled, { organization, team })
  const answer = await connection.invoke(operation.name, whole, {
    idempotencyKey: valueOf(given, "idempotency-key"),
    dryRun: isDry ? true : undefined,
    signal
  })
  const isRehearsed = typeof answer === "object" && answer !== null && "dry_run" in answer
  if (!isDry || isRehearsed) return answer
  const words = `${connection.title} knows no dry runs: it has carried the command out`
  throw new Failed(exitCodes.failed, "DryRunUnknown", words)
}

// internal --------------------------------------------------------------------

const run = async (
  part: Part,
  input: Readonly<Record<string, unknown>>,
  given: Given,
  context: Context
): Promise<number> => {
  const connection = await context.connect()
  const isAll = isOn(given, "all")
  if (part.operation.name === "get_task_run_output" && isWhole(input, context)) {
    return runParts(part, input, given, context)
  }
  const orNothing = Scope.orNothing(part.operation, input, context)
  for (let [cursor, isFirst] = [input["cursor"], true]; ; isFirst = false) {
    const page = cursor === undefined ? input : { ...input, cursor }
    const answer = await call(part, connection, page, given, context.signal).catch(orNothing)
    cursor = await answerOf(part, answer, { context, connection, isAll, isFirst })
    if (cursor === undefined) return exitCodes.done
  }
}

/** A person who asks what a run wrote wants all of it. */
const isWhole = (input: Readonly<Record<string, unknown>>, { isJson }: Context): boolean =>
  !isJson && input["offset"] === undefined && input["length"] === undefined

const runParts = async (
  part: Part,
  input: Readonly<Record<string, unknown>>,
  given: Given,
  context: Context
): Promise<number> => {
  const connection = await context.connect()
  for (let offset: unknown = 0; typeof offset === "number";) {
    const asked = { ...input, offset, length: 1_048_576 }
    const answer = await call(part, connection, asked, given, context.signal)
    await answerOf(part, answer, { context, connection, isAll: false, isFirst: true })
    offset = Object.entries(answer ?? {}).find(([key]) => key === "next_offset")?.[1]
  }
  return exitCodes.done
}

/** Flags that are no fields. */
const extras = ({ fields, operation }: Part): ReadonlyArray<Flag> => {
  const has = (names: ReadonlyArray<string>) => fields.some(({ name }) => names.includes(name))
  const hasTeam = has(["team_id"])
  // Who is named is looked for in the team of the task, if there is one.
  const isInTeam = !hasTeam && !has(["task_id"]) && has(Scope.agents)
  return [
    ...(isInTeam ? [teamFlag] : []),
    ...((hasTeam || isInTeam) && !has(["org_id"]) ? [organizationFlag] : []),
    ...(operation.isList ? [{ name: "all", description: "All pages, one after the other" }] : []),
    ...(operation.kind === "command" ? commandFlags : []),
    {
      name: "input",
      placeholder: "FILE",
      description: "The fields as one JSON object in a file; - for the standard input"
    }
  ]
}

const teamFlag: Flag = {
  name: "team",
  placeholder: "TEAM",
  description: "Where to look for the agent's name (local unless said)"
}

const organizationFlag: Flag = {
  name: "org",
  placeholder: "ORG",
  description: "Where to look for the team's short name"
}

const commandFlags: ReadonlyArray<Flag> = [
  {
    name: "dry-run",
    description: "Shows the events that would be written, and writes nothing"
  },
  {
    name: "idempotency-key",
    placeholder: "KEY",
    description: "Repeated with the same key, the command happens once and answers the same"
  }
]

/** `team show` is about a team, `task list` only within one. */
const hasPlace = (name: string, [noun = ""]: ReadonlyArray<string>): boolean =>
  !Scope.scopes.includes(name) || name === `${noun}_id`

const placeName = (name: string): string => dashed(name).toUpperCase()

/** `--team` for `--team-id`, `--tag` for `--tags`, `--reason` for `--rejection-reason`. */
const aliasesOf = (name: string, isList: boolean): ReadonlyArray<string> => {
  const names = isList && /[^s]s$/.test(name) ? [name, name.slice(0, -1)] : [name]
  if (name.endsWith("_reason")) names.push("reason")
  const short = names.flatMap((one) =>
    /_ids?$/.test(one) ? [one, one.replace(/_ids?$/, "")] : [one]
  )
  return [...new Set(short)].filter((one) => one !== name).map(dashed)
}

/** What a field is, and that a name does for its id. */
const describe = ({ name, schema }: Route.Field): string => {
  const words = descriptionOf(schema)
  if (Scope.agents.includes(name)) return `${words} (an agent's name will do)`
  return Scope.repositories.includes(name) ? `${words} (a repository's name will do)` : words
}

const defaultOf = ({ isRequired, name, schema }: Route.Field): string => {
  if (isRequired && name === "project_id") return "(demo unless said)"
  if (isRequired && Scope.scopes.includes(name)) return "or its short name (local unless said)"
  const value = schema["default"]
  const isShown = value !== undefined && value !== "" && JSON.stringify(value).length > 2
  return isShown ? `(${typeof value === "string" ? value : JSON.stringify(value)} unless said)` : ""
}

const summaryOf = (description: string): string => description.replace(/(?<=[^.]\.)\s.*$/s, "")
