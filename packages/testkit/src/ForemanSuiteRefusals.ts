/**
 * What every operation refuses, with the contract's status and words, and that a refusal changes
 * nothing.
 *
 * Left open on purpose: the words about wrong input, which are the schema's.
 *
 * @internal
 */
import { Effect } from "effect"

import type { Foreman, Task } from "@foreman/core"
import * as Subject from "./ForemanSuiteSubject.ts"
import { nobody, noNumber } from "./ForemanSuiteSubject.ts"
import * as TestForeman from "./TestForeman.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Subject.It): void => {
  const world = Subject.once(given)
  registerWishes(it, world, [...structure, ...messages])
}

/**
 * Registers a test for each wish. What is refused changes nothing, so they share their world.
 *
 * @category testing
 * @since 0.1.0
 */
export const registerWishes = <W extends World>(
  it: Subject.It,
  world: Effect.Effect<W, never, Foreman>,
  wishes: ReadonlyArray<Wish<W>>
): void => {
  for (const { expected, input, name, title } of wishes) {
    it.effect(`${name} refuses ${title}`, () =>
      Effect.gen(function* () {
        const here = yield* world
        const organizations = [here.organization.id, here.other.organization.id]
        yield* Subject.refuses(organizations, name, input(here), expected(here))
      }).pipe(TestForeman.asOperator)
    )
  }
}

/**
 * A wish that is refused.
 *
 * @category models
 * @since 0.1.0
 */
export interface Wish<W = World> {
  readonly name: string
  readonly title: string
  readonly input: (world: W) => object
  readonly expected: (world: W) => Partial<Subject.Seen>
}

/**
 * A team with two engineers and a task, and another organisation with the same.
 *
 * @category models
 * @since 0.1.0
 */
export interface World extends TestForeman.GivenTeam {
  readonly task: Task.Task
  readonly other: TestForeman.GivenTeam & { readonly task: Task.Task }
}

/**
 * Makes such a world.
 *
 * @category testing
 * @since 0.1.0
 */
export const given: Effect.Effect<World, never, Foreman> = Effect.gen(function* () {
  const other = yield* TestForeman.givenTeam()
  const foreign = yield* TestForeman.givenTask(other, { title: "Foreign" })
  const team = yield* TestForeman.givenTeam({ engineers: 2 })
  const task = yield* TestForeman.givenTask(team, { title: "Here" })
  return { ...team, task, other: { ...other, task: foreign } }
})

/**
 * A wish that is refused with a code, a status and words.
 *
 * @category testing
 * @since 0.1.0
 */
export const wish = <W = World>(
  name: string,
  title: string,
  input: (world: W) => object,
  code: string,
  status: number,
  message: (world: W) => string
): Wish<W> => ({
  name,
  title,
  input,
  expected: (world) => ({ code, status, message: message(world) })
})

/**
 * A wish whose input is wrong.
 *
 * @category testing
 * @since 0.1.0
 */
export const wrong = <W = World>(
  name: string,
  title: string,
  input: (world: W) => object
): Wish<W> => ({
  name,
  title,
  input,
  expected: () => ({ code: "InvalidInput", status: 422 })
})

// internal --------------------------------------------------------------------

const notFound = (name: string, title: string, input: Wish["input"], code: string, words: string) =>
  wish(name, title, input, code, 404, () => words)

const structure: ReadonlyArray<Wish> = [
  wish(
    "create_org",
    "a slug that is taken",
    ({ organization: { slug } }) => ({ name: "Again", slug }),
    "SlugTaken",
    409,
    ({ organization: { slug } }) => `The slug '${slug}' is already taken`
  ),
  wrong("create_org", "a slug with capitals", () => ({ name: "A", slug: "Acme" })),
  wrong("create_org", "an empty name", () => ({ name: "", slug: "empty" })),
  wrong("create_org", "a name that is too long", () => ({ name: "a".repeat(101), slug: "long" })),
  wrong("create_org", "a missing slug", () => ({ name: "A" })),
  notFound(
    "create_team",
    "an unknown organization",
    () => ({ org_id: nobody, name: "A", slug: "a" }),
    "OrganizationNotFound",
    "Organization not found"
  ),
  wish(
    "create_team",
    "a slug that is taken",
    ({ organization, team }) => ({ org_id: organization.id, name: "A", slug: team.slug }),
    "SlugTaken",
    409,
    ({ team }) => `The slug '${team.slug}' is already taken`
  ),
  wrong("create_team", "an id that is none", () => ({ org_id: "1", name: "A", slug: "a" })),
  notFound("get_team", "an unknown team", () => ({ team_id: nobody }), ...noTeam()),
  wrong("get_team", "an id that is none", () => ({ team_id: "x" })),
  notFound(
    "create_agent",
    "an unknown team",
    () => ({ team_id: nobody, name: "one" }),
    ...noTeam()
  ),
  ...["engineer-1", "manager"].map((name) =>
    wish(
      "create_agent",
      `the name ${name} twice`,
      ({ team }) => ({ team_id: team.id, name }),
      "NameTaken",
      409,
      () => `The name '${name}' is already taken in this team`
    )
  ),
  wrong("create_agent", "a role that is none", ({ team }) => ({
    team_id: team.id,
    name: "one",
    role: "boss"
  })),
  wrong("create_agent", "a model's name that is too long", ({ team }) => ({
    team_id: team.id,
    name: "one",
    model: "m".repeat(51)
  })),
  notFound(
    "register_repo",
    "an unknown team",
    () => ({ team_id: nobody, name: "r", local_path: "/r" }),
    ...noTeam()
  ),
  wish(
    "register_repo",
    "a name that is taken",
    ({ team }) => ({ team_id: team.id, name: "repo-1", local_path: "/r" }),
    "NameTaken",
    409,
    () => "The name 'repo-1' is already taken in this team"
  ),
  wrong("register_repo", "a branch that git refuses", ({ team }) => ({
    team_id: team.id,
    name: "r",
    local_path: "/r",
    default_branch: "a..b"
  })),
  wrong("register_repo", "an empty path", ({ team }) => ({
    team_id: team.id,
    name: "r",
    local_path: ""
  })),
  notFound("get_team_settings", "an unknown team", () => ({ team_id: nobody }), ...noTeam()),
  notFound("update_team_settings", "an unknown team", () => ({ team_id: nobody }), ...noTeam()),
  wrong("update_team_settings", "a delivery that is none", ({ team }) => ({
    team_id: team.id,
    delivery: "drone"
  })),
  notFound("get_task_run", "an unknown run", () => ({ run_id: nobody }), ...noRun()),
  notFound("get_task_run_output", "an unknown run", () => ({ run_id: nobody }), ...noRun()),
  wrong("get_task_run_output", "a part that is too long", () => ({
    run_id: nobody,
    length: 1_048_577
  })),
  wish(
    "run_command",
    "to be, for there is no such operation",
    () => ({}),
    "UnknownOperation",
    404,
    () => "There is no operation run_command"
  )
]

function noTeam() {
  return ["TeamNotFound", "Team not found"] as const
}

function noRun() {
  return ["RunNotFound", "Run not found"] as const
}

const note = ({ engineers: [from, to], team }: World) => ({
  team_id: team.id,
  sender_id: from?.id,
  sender_type: "agent",
  recipient_id: to?.id,
  recipient_type: "agent",
  content: "Hello"
})

const messages: ReadonlyArray<Wish> = [
  notFound("send_message", "an unknown team", with_({ team_id: nobody }), ...noTeam()),
  notFound(
    "send_message",
    "an unknown task",
    with_({ task_id: noNumber }),
    "TaskNotFound",
    "Task not found"
  ),
  notFound("send_message", "an unknown sender", with_({ sender_id: nobody }), ...noAgent()),
  notFound("send_message", "an unknown recipient", with_({ recipient_id: nobody }), ...noAgent()),
  notFound(
    "send_message",
    "a recipient of another organization",
    (world) => ({ ...note(world), recipient_id: world.other.manager.id }),
    ...noAgent()
  ),
  wrong("send_message", "empty content", with_({ content: "" })),
  wrong("send_message", "a sender that is neither agent nor user", with_({ sender_type: "bot" })),
  notFound(
    "acknowledge_message",
    "an unknown message",
    () => ({ message_id: noNumber }),
    "MessageNotFound",
    "Message not found"
  )
]

function with_(given: object) {
  return (world: World) => ({ ...note(world), ...given })
}

function noAgent() {
  return ["AgentNotFound", "Agent not found"] as const
}
