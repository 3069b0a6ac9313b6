/**
 * What agents ask a person: each question with its options as buttons, and a place for an answer in
 * words.
 */
import { post } from "./api.ts"
import { announce, arrange, button, el } from "./elements.ts"
import { askedBeside, type HumanRequest, type RequestKind, type Task } from "./model.ts"
import type { Show } from "./taskList.ts"
import type { World } from "./world.ts"

// services --------------------------------------------------------------------

/** Makes what draws the requests; a card stays as it is while somebody writes in it. */
export const requestList = (place: Element, show: Show): ((world: World) => number) => {
  const cards = new Map<number, HTMLElement>()
  return (world) => {
    const waiting = inTurn(askedBeside(world.requests.values(), world.approvals.values()))
    const wanted = waiting.slice(0, mostCards)
    const drawn = wanted.map((request) => {
      const card = cards.get(request.id) ?? cardOf(request, world, show)
      cards.set(request.id, card)
      return card
    })
    for (const id of cards.keys()) if (!world.requests.has(id)) cards.delete(id)
    arrange(place, drawn)
    return waiting.length
  }
}

/** Whoever has waited longest comes first. */
export const inTurn = (requests: Iterable<HumanRequest>): ReadonlyArray<HumanRequest> =>
  [...requests].toSorted((a, b) => a.id - b.id)

/** Says whether an answer may be other words than an option: an approval is one of its options. */
export const takesWords = ({ kind }: Pick<HumanRequest, "kind">): boolean => kind !== "approval"

// internal --------------------------------------------------------------------

const mostCards = 50

const headline: Readonly<Record<RequestKind, string>> = {
  question: "Question",
  approval: "Approval",
  review: "Look at this"
}

const cardOf = (request: HumanRequest, world: World, show: Show): HTMLElement => {
  const { agent_id: agentId, id, kind, question, task_id: taskId, team_id: teamId } = request
  const team = world.teams.get(teamId)
  const agent = team?.agents.find((one) => one.id === agentId)
  const problem = el("p", { class: "problem", role: "alert" })
  const about = taskId === null ? undefined : world.tasks.get(taskId)
  return el(
    "article",
    { class: "card asked", "aria-label": `Request ${id}: ${headline[kind]}` },
    el(
      "div",
      { class: "reason" },
      el("strong", {}, headline[kind]),
      agent !== undefined && `from ${agent.name}`,
      el("span", { class: "quiet" }, team?.name)
    ),
    el("p", { class: "wording" }, question),
    about !== undefined && taskLine(about, show),
    request.timeout_at !== null &&
      el(
        "p",
        { class: "quiet" },
        "Until ",
        el("time", { datetime: request.timeout_at }, new Date(request.timeout_at).toLocaleString())
      ),
    answering(request, problem),
    problem
  )
}

const taskLine = (task: Task, show: Show): HTMLElement =>
  el(
    "div",
    { class: "title" },
    el("span", { class: "number" }, `#${task.id}`),
    button(task.title, () => show(task), { class: "link" })
  )

const answering = (request: HumanRequest, problem: HTMLElement): HTMLElement => {
  const place = el("div", { class: "answering" })
  const answer = async (response: string) => {
    problem.textContent = ""
    place.inert = true
    try {
      await post(`/api/v1/human-requests/${request.id}/respond`, { response })
      announce(`Request ${request.id} is answered`)
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error)
    }
    place.inert = false
  }
  // The options of a question are equals; what an approval offers first is what was asked for.
  const isFirst = (at: number) => at === 0 && request.kind === "approval"
  const options = request.options.map((option, at) =>
    button(option, () => void answer(option), isFirst(at) ? { class: "primary" } : {})
  )
  if (options.length > 0) place.append(el("div", { class: "actions" }, ...options))
  if (takesWords(request)) place.append(wordsForm((text) => void answer(text)))
  return place
}

const wordsForm = (send: (text: string) => void): HTMLFormElement => {
  const text = el("textarea", {
    rows: 2,
    required: true,
    maxlength: 100_000,
    "aria-label": "Your answer",
    placeholder: "Your answer"
  })
  const form = el(
    "form",
    { class: "rejection" },
    text,
    el("div", { class: "actions" }, el("button", { type: "submit" }, "Answer"))
  )
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    if (text.value.trim() !== "") send(text.value)
  })
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit()
  })
  return form
}
