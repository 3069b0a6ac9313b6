/**
 * What waits for a person: tasks to judge, to merge, to set free or to run again, each with the
 * buttons that do it.
 */
import { get, post, Refused } from "./api.ts"
import { announce, arrange, button, el, legible } from "./elements.ts"
import {
  type Approval,
  inOrder,
  type Reason,
  type Run,
  type Task,
  waitsFor,
  words
} from "./model.ts"
import type { Show } from "./taskList.ts"
import type { World } from "./world.ts"

// services --------------------------------------------------------------------

/** Makes what draws the waiting tasks; a card stays as it is while somebody writes in it. */
export const waitingList = (place: Element, show: Show): ((world: World) => number) => {
  const cards = new Map<string, HTMLElement>()
  return (world) => {
    const waiting = [...world.tasks.values()].filter((task) => isDueHere(task, world))
    const wanted = waiting.toSorted(inOrder).slice(0, mostCards)
    const keys = wanted.map((task) => keyOf(task))
    const drawn = wanted.map((task, at) => {
      const key = keys[at] ?? keyOf(task)
      const card = cards.get(key) ?? cardOf(task, world, show)
      cards.set(key, card)
      return card
    })
    for (const key of cards.keys()) if (!keys.includes(key)) cards.delete(key)
    arrange(place, drawn)
    return waiting.length
  }
}

/** Says whether a task waits here: one that waits for an approval is shown as that approval. */
export const isDueHere = (task: Task, { approvals }: Pick<World, "approvals">): boolean => {
  const reason = waitsFor(task)
  return reason === "decision" ? !approvals.has(task.approval_id ?? "") : reason !== undefined
}

/** What the form that says no asks for, and what it says where nothing is written. */
export interface Rejection {
  readonly label: string
  readonly most: number
  /** Without it something has to be written. */
  readonly otherwise?: string
}

/** A form that says no, and why. */
export const rejection = (
  send: (text: string) => void,
  { label, most, otherwise }: Rejection
): HTMLFormElement => {
  const text = el("textarea", {
    rows: 3,
    required: otherwise === undefined,
    maxlength: most,
    "aria-label": label,
    placeholder: label
  })
  const form = el(
    "form",
    { class: "rejection" },
    text,
    el(
      "div",
      { class: "actions" },
      el("button", { type: "submit", class: "danger" }, "Reject"),
      el("button", { type: "reset" }, "Cancel")
    )
  )
  form.addEventListener("submit", (event) => {
    event.preventDefault()
    send(text.value.trim() === "" && otherwise !== undefined ? otherwise : text.value)
  })
  return form
}

// internal --------------------------------------------------------------------

const mostCards = 50

/** A card is drawn anew when its task waits for something else, or for the same once more. */
const keyOf = (task: Task): string =>
  [task.id, waitsFor(task), task.last_run_id, task.head_commit, task.hold, task.title].join(" ")

const headline: Readonly<Record<Reason, string>> = {
  review: "Review",
  approval: "Merge",
  decision: "Needs approval",
  held: "Held",
  failed: "Run failed"
}

const cardOf = (task: Task, world: World, show: Show): HTMLElement => {
  const reason = waitsFor(task) ?? "review"
  const said = el("p", { class: "said" })
  const problem = el("p", { class: "problem", role: "alert" })
  const until = reason === "held" ? task.held_until : null
  const card = el(
    "article",
    { class: `card ${reason}`, "aria-label": `Task ${task.id}: ${headline[reason]}` },
    el(
      "div",
      { class: "reason" },
      el("strong", {}, headline[reason]),
      reason === "held" && words(task.hold ?? ""),
      el("span", { class: "quiet" }, world.teams.get(task.team_id)?.name)
    ),
    el(
      "div",
      { class: "title" },
      el("span", { class: "number" }, `#${task.id}`),
      button(task.title, () => show(task), { class: "link" })
    ),
    said,
    until !== null &&
      el(
        "p",
        { class: "quiet" },
        "Goes on by itself after ",
        el("time", { datetime: until }, new Date(until).toLocaleString())
      ),
    actionsOf(task, reason, show, problem),
    problem
  )
  void sayLast(task, said)
  return card
}

/** Shows what the agent said last, why its run failed, or why it may not start. */
const sayLast = async (task: Task, place: HTMLElement) => {
  if (task.hold?.startsWith("approval") === true && task.approval_id !== null) {
    const path = `/api/v1/approvals/${task.approval_id}`
    const approval = await get<Approval>(path).catch(() => undefined)
    place.textContent = legible(approval === undefined ? "" : whyNot(approval))
    return
  }
  if (task.last_run_id === null) return
  const run = await get<Run>(`/api/v1/task-runs/${task.last_run_id}`).catch(() => undefined)
  const cause = run?.status === "succeeded" ? null : run?.cause
  place.textContent = [cause, run?.answer?.slice(0, 280)].filter(Boolean).join(": ")
}

/** Why an approval does not let its task start. */
export const whyNot = ({
  decisions,
  reason,
  rejection_reason: no,
  status
}: Pick<Approval, "decisions" | "reason" | "rejection_reason" | "status">): string => {
  if (status === "expired") return `Nobody decided in time: ${reason}`
  if (status !== "rejected") return reason
  const by = decisions.findLast(({ verdict }) => verdict === "reject")?.by
  // A policy that forbids says no by itself, in the words of its rule.
  return no === reason ? `Forbidden: ${reason}` : `${by ?? "Somebody"} said no: ${no} (${reason})`
}

const actionsOf = (task: Task, reason: Reason, show: Show, problem: HTMLElement): HTMLElement => {
  const path = `/api/v1/tasks/${task.id}`
  const bar = el("div", { class: "actions" })
  const act = async (done: string, change: () => Promise<unknown>) => {
    problem.textContent = ""
    bar.inert = true
    try {
      await change()
      announce(done)
    } catch (error) {
      problem.textContent = messageOf(error)
    }
    bar.inert = false
  }
  const output = button("Output", () => show(task))
  const asksAgain = reason === "held" && task.hold?.startsWith("approval_") === true
  const retry = button(
    asksAgain ? "Ask again" : "Retry",
    () => act(`Task ${task.id} is queued`, () => post(`${path}/retry`, {})),
    primary
  )
  const approve = button(
    "Approve",
    () => act(`Task ${task.id} is approved`, () => judge(path, "approve", {})),
    primary
  )
  const merge = button(
    "Merge",
    () => act(`Task ${task.id} merges`, () => post(`${path}/status`, { status: "merging" })),
    primary
  )
  const back = button("Send back", () =>
    act(`Task ${task.id} goes back`, () => post(`${path}/status`, { status: "in_progress" }))
  )
  const reject = button("Reject", () => {
    const send = (summary: string) =>
      void act(`Task ${task.id} goes back`, () => judge(path, "reject", { summary }))
    const form = rejection(send, { label: "What should change?", most: 100_000 })
    form.addEventListener("reset", () => form.replaceWith(bar))
    bar.replaceWith(form)
    form.querySelector("textarea")?.focus()
  })
  const buttons: Readonly<Record<Reason, ReadonlyArray<HTMLElement>>> = {
    review: [approve, reject, output],
    approval: [merge, back, output],
    decision: [output],
    held: [retry, output],
    failed: [retry, output]
  }
  bar.append(...buttons[reason])
  return bar
}

const primary = { class: "primary" }

/** Gives a verdict. A task that was moved into review by hand has none open yet: then one is. */
const judge = async (path: string, verdict: "approve" | "reject", body: object) => {
  try {
    return await post(`${path}/${verdict}`, body)
  } catch (error) {
    const isClosed = error instanceof Refused && noReview.includes(error.code)
    if (!isClosed) throw error
    await post(`${path}/reviews`, {})
    return post(`${path}/${verdict}`, body)
  }
}

const noReview = ["ReviewNotFound", "AlreadyDecided"]

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
