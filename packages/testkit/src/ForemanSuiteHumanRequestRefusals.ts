/**
 * What the operations on human requests refuse for what they are asked, and that it changes nothing.
 *
 * @internal
 */
import * as Refusals from "./ForemanSuiteRefusals.ts"
import { type Wish, type World, wish, wrong } from "./ForemanSuiteRefusals.ts"
import * as Subject from "./ForemanSuiteSubject.ts"
import { nobody, noNumber, numbers } from "./ForemanSuiteSubject.ts"

// testing ---------------------------------------------------------------------

/**
 * Registers these tests.
 *
 * @category testing
 * @since 0.1.0
 */
export const register = (it: Subject.It): void =>
  Refusals.registerWishes(it, Subject.once(Refusals.given), wishes)

// internal --------------------------------------------------------------------

const asked = ({ engineers: [engineer], team }: World) => ({
  team_id: team.id,
  agent_id: engineer?.id,
  kind: "question",
  question: "Which colour?"
})

const with_ = (given: object) => (world: World) => ({ ...asked(world), ...given })

const missing = (
  name: string,
  title: string,
  input: Wish["input"],
  noun: string,
  words = `${noun} not found`
) => wish(name, title, input, `${noun.replaceAll(" ", "")}NotFound`, 404, () => words)

const noRequest = ["HumanRequest", "Human request not found"] as const

const wishes: ReadonlyArray<Wish> = [
  missing("ask_human", "an unknown team", with_({ team_id: nobody }), "Team"),
  missing("ask_human", "an unknown agent", with_({ agent_id: nobody }), "Agent"),
  missing("ask_human", "an unknown task", with_({ task_id: noNumber }), "Task"),
  missing(
    "ask_human",
    "an agent of another team",
    (world) => ({ ...asked(world), agent_id: world.other.manager.id }),
    "Agent"
  ),
  missing(
    "ask_human",
    "a task of another organization",
    (world) => ({ ...asked(world), task_id: world.other.task.id }),
    "Task"
  ),
  wrong("ask_human", "an empty question", with_({ question: "" })),
  wrong("ask_human", "a blank question", with_({ question: " \n" })),
  wrong("ask_human", "a question that is too long", with_({ question: "a".repeat(10_001) })),
  wrong("ask_human", "a kind that is none", with_({ kind: "banana" })),
  wrong("ask_human", "an option twice", with_({ options: ["a", "a"] })),
  wrong("ask_human", "a blank option", with_({ options: [" "] })),
  wrong("ask_human", "too many options", with_({ options: numbers(21).map(String) })),
  wrong("ask_human", "a time that is negative", with_({ timeout_minutes: -1 })),
  wrong("ask_human", "part of a minute", with_({ timeout_minutes: 0.5 })),
  wrong("ask_human", "a time beyond a year", with_({ timeout_minutes: 525_601 })),
  missing(
    "get_human_request",
    "an unknown request",
    () => ({ request_id: noNumber }),
    ...noRequest
  ),
  missing(
    "respond_to_request",
    "an unknown request",
    () => ({ request_id: noNumber, response: "red" }),
    ...noRequest
  ),
  wrong("respond_to_request", "an empty answer", () => ({ request_id: noNumber, response: "" })),
  wrong("list_human_requests", "a status that is none", ({ team }) => ({
    team_id: team.id,
    status: "sleeping"
  }))
]
