/**
 * Which organisation, team, agent and repository are meant: ids, names, or the local ones that need no
 * set-up.
 */
import type { Operation } from "@foreman/core"
import type { Connection } from "./Connection.ts"
import type { Context } from "./Context.ts"
import { exitCodes, Failed } from "./ExitCode.ts"

// models ----------------------------------------------------------------------

/** The fields that may be left out, since there are local ones. */
export const scopes: ReadonlyArray<string> = ["org_id", "team_id", "project_id"]

/** The fields that an agent's name does for, in the team that is meant. */
export const agents: ReadonlyArray<string> = [
  "agent_id",
  "assignee_id",
  "dri_id",
  "recipient_id",
  "sender_id"
]

/** The fields that a repository's name does for, in the team that is meant. */
export const repositories: ReadonlyArray<string> = ["repo_ids", "repository_id"]

/** What is to be filled in. */
export interface Wish {
  readonly connection: Connection
  /** The fields of the operation that are needed. */
  readonly needed: ReadonlyArray<string>
  /** Whether what is missing may be made. */
  readonly mayMake: boolean
  /** Whether that is only rehearsed. */
  readonly isDry: boolean
}

// errors ----------------------------------------------------------------------

/** What is local would have to be made first: nothing that follows from it can be rehearsed. */
export class Rehearsed extends Error {
  /** The events of making it, and the word that there is more. */
  readonly answer: Readonly<Record<string, unknown>>
  constructor(answer: Readonly<Record<string, unknown>>) {
    super("It was only rehearsed")
    this.name = "Rehearsed"
    this.answer = answer
  }
}

/** Nobody has made what is local, and nothing else was named. */
export class NothingLocal extends Failed {}

// services --------------------------------------------------------------------

/**
 * What a list answers within what nobody has made yet: nothing, and once, to a person, how to begin.
 * Whoever was named in it should be there.
 */
export const orNothing = (
  { isList }: Operation.Any,
  input: Readonly<Record<string, unknown>>,
  { isJson, terminal }: Context
): ((cause: unknown) => unknown) => {
  let isTold = isJson
  return (cause) => {
    const isNamed = isName(input["team_id"]) || namesIn(input).length > 0
    if (!isList || !(cause instanceof NothingLocal) || isNamed) throw cause
    if (!isTold) terminal.err(`${cause.message}\n`)
    isTold = true
    return { items: [], next_cursor: null }
  }
}

/** Puts ids in the places of names, and the local ones where nothing is said. */
export const complete = async (
  { connection, isDry, mayMake, needed }: Wish,
  input: Readonly<Record<string, unknown>>,
  organization: string | undefined
): Promise<Readonly<Record<string, unknown>>> => {
  const filled = { ...input }
  const organizationOf = (text: unknown) => {
    const wished = text ?? organization
    return find(
      connection,
      "org",
      wished,
      () => listed(connection, "list_orgs", {}),
      async () => {
        if (!mayMake) return undefined
        const input = { name: "Local", slug: local }
        if (isDry) throw await rehearsed(connection, "create_org", input)
        return made(connection, "create_org", input)
      }
    )
  }
  const teamOf = async (text: unknown) => {
    if (isId(text)) return text
    const org_id = await organizationOf(input["org_id"])
    const teams = () => listed(connection, "list_teams", { org_id })
    return find(connection, "team", text, teams, async () => {
      if (!mayMake) return undefined
      const input = { org_id, name: "Local", slug: local }
      if (isDry) throw await rehearsed(connection, "create_team", input)
      const id = await made(connection, "create_team", input)
      // Nobody reviews there.
      await connection.invoke("update_team_settings", { team_id: id, delivery: "direct" })
      return id
    })
  }
  const isAsked = (field: string) => needed.includes(field) || input[field] !== undefined
  if (isAsked("org_id")) filled["org_id"] = await organizationOf(input["org_id"])
  if (isAsked("team_id")) filled["team_id"] = await teamOf(input["team_id"])
  if (needed.includes("project_id")) filled["project_id"] = input["project_id"] ?? "demo"
  return filled
}

/**
 * Puts ids in the places of the names of agents and repositories: of the team that is said, of the
 * task, or of the local one.
 */
export const named = async (
  { connection, isDry }: Wish,
  input: Readonly<Record<string, unknown>>,
  { organization, team }: Readonly<Record<"organization" | "team", string | undefined>>
): Promise<Readonly<Record<string, unknown>>> => {
  const names = namesIn(input)
  if (names.length === 0) return input
  const wish = { connection, isDry, mayMake: false, needed: ["team_id"] }
  const said = input["team_id"] ?? team ?? (await teamOfTask(connection, input["task_id"]))
  const { team_id } = await complete(wish, { team_id: said }, organization)
  const filled = { ...input }
  for (const field of names) {
    const noun = agents.includes(field) ? "agent" : "repo"
    const idOf = (value: unknown) =>
      isName(value) ? idNamed(connection, noun, team_id, value) : value
    const given = input[field]
    filled[field] = await (Array.isArray(given) ? Promise.all(given.map(idOf)) : idOf(given))
  }
  return filled
}

// internal --------------------------------------------------------------------

const local = "local"

const isName = (value: unknown) => typeof value === "string" && !isId(value)

/** The fields in which somebody or something is named. */
const namesIn = (input: Readonly<Record<string, unknown>>): ReadonlyArray<string> =>
  [...agents, ...repositories].filter((field) => [input[field]].flat().some(isName))

interface Named {
  readonly id: string
  readonly name: string
  readonly slug?: string
}

/** Whether it is an id that was given by Foreman. */
export const isId = (text: unknown): text is string =>
  typeof text === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)

const find = async (
  { title }: Connection,
  noun: "org" | "team",
  wished: unknown,
  list: () => AsyncIterable<Named>,
  make: () => Promise<string | undefined>
): Promise<string> => {
  if (isId(wished)) return wished
  const slug = wished === undefined ? local : String(wished)
  for await (const one of list()) if (one.slug === slug) return one.id
  const id = wished === undefined ? await make() : undefined
  if (id !== undefined) return id
  const word = noun === "org" ? "organization" : "team"
  const advice =
    wished === undefined
      ? `make it with a first task: foreman task create --title ...; or name another with --${noun}`
      : `foreman ${noun} list shows those that there are${elsewhere[noun]}`
  const code = noun === "org" ? "OrganizationNotFound" : "TeamNotFound"
  const Absent = wished === undefined ? NothingLocal : Failed
  throw new Absent(exitCodes.notFound, code, `${title} has no ${word} ${slug}: ${advice}`, { slug })
}

const teamOfTask = async ({ invoke }: Connection, task_id: unknown): Promise<unknown> => {
  if (task_id === undefined) return undefined
  // As: a task has a team.
  return ((await invoke("get_task", { task_id })) as { readonly team_id: string }).team_id
}

const elsewhere = { org: "", team: ", --org names another organization" }

const inTeams = {
  agent: { list: "list_agents", word: "agent", code: "AgentNotFound" },
  repo: { list: "list_repos", word: "repository", code: "RepositoryNotFound" }
}

const idNamed = async (
  connection: Connection,
  noun: keyof typeof inTeams,
  team_id: unknown,
  wished: unknown
): Promise<string> => {
  const { code, list, word } = inTeams[noun]
  for await (const { id, name } of listed(connection, list, { team_id })) {
    if (name === wished) return id
  }
  const advice = `foreman ${noun} list shows those that there are`
  const message = `the team has no ${word} ${wished}: ${advice}, --team names another team`
  throw new Failed(exitCodes.notFound, code, message, { name: wished })
}

/** All things of a list, page by page. */
async function* listed(
  connection: Connection,
  name: string,
  input: Readonly<Record<string, unknown>>
): AsyncIterable<Named> {
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = { ...input, limit: 200, ...(cursor === undefined ? {} : { cursor }) }
    // As: lists of the catalogue have this form, and these things an id and a name.
    const { items, next_cursor } = (await connection.invoke(name, page)) as {
      readonly items: ReadonlyArray<Named>
      readonly next_cursor: string | null
    }
    yield* items
    cursor = next_cursor
  }
}

const rehearsed = async (
  connection: Connection,
  name: "create_org" | "create_team",
  input: Readonly<Record<string, unknown>>
): Promise<Rehearsed> => {
  const answer = await connection.invoke(name, input, { dryRun: true })
  const rehearsal = typeof answer === "object" && answer !== null ? { ...answer } : {}
  // What it answers is no answer to what was asked.
  return new Rehearsed({ ...rehearsal, more: true, answer: undefined })
}

/** Of two programs that make it at once, one is refused: the other's is there then. */
const made = async (
  connection: Connection,
  name: "create_org" | "create_team",
  input: Readonly<Record<string, unknown>>
): Promise<string> => {
  try {
    // As: what these operations make has an id.
    return ((await connection.invoke(name, input)) as Named).id
  } catch (error) {
    if (!(error instanceof Failed) || error.code !== "SlugTaken") throw error
    const list = name === "create_org" ? "list_orgs" : "list_teams"
    const scope = name === "create_org" ? {} : { org_id: input["org_id"] }
    for await (const one of listed(connection, list, scope)) if (one.slug === local) return one.id
    throw error
  }
}
