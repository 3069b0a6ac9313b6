/**
 * What waits for a person: tasks to judge, to merge, to set free or to run again, each with the
 * buttons that do it.
 */
import { get, post, Refused } from "./api.ts"
import { announce, arrange, button, el } from "./elements.ts"
import { inOrder, type Reason, type Run, type Task, waitsFor, words } from "./model.ts"
import type { Show } from "./taskList.ts"
import type { World } from "./world.ts"

// services --------------------------------------------------------------------

/** Makes what draws the waiting tasks; a card stays as it is while somebody writes in it. */
export const waitingList = (place: Element, show: Show): ((world: World) => number) => {
  const cards = new Map<string, HTMLElement>()
  return (world) => {
    const waiting = [...world.tasks.values()].filter((task) => waitsFor(task) !== undefined)
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

// internal --------------------------------------------------------------------

const mostCards = 50

/** A card is drawn anew when its task waits for something else, or for the same once more. */
const keyOf = (task: Task): string =>
  [task.id, waitsFor(task), task.last_run_id, task.head_commit, task.hold, task.title].join(" ")

const headline: Readonly<Record<Reason, string>> = {
  review: "Review",
  approval: "Merge",
  held: "Held",
  failed: "Run failed"
}

const cardOf = (task: Task, world: World, show: Show): HTMLElement => {
  const reason = waitsFor(task) ?? "review"
  const said = el("p", { class: "said" })
  const problem = el("p", { class: "problem", role: "alert" })
  const card = el(
    "article",
    { class: `card ${reason}`, "aria-label": `Task ${task.id}: ${headline[reason]}` },
    el(
      "div",
      { class: "reason" },
      el("strong", {}, headline[reason]),
      task.hold !== null && words(task.hold),
      el("span", { class: "quiet" }, world.teams.get(task.team_id)?.name)
    ),
    el(
      "div",
      { class: "title" },
      el("span", { class: "number" }, `#${task.id}`),
      button(task.title, () => show(task), { class: "link" })
    ),
    said,
    actionsOf(task, reason, show, problem),
    problem
  )
  void sayLast(task, said)
  return card
}

/** Shows what the agent said last, or why its run failed. */
const sayLast = async (task: Task, place: HTMLElement) => {
  if (task.last_run_id === null) return
  const run = await get<Run>(`/api/v1/task-runs/${task.last_run_id}`).catch(() => undefined)
  const cause = run?.status === "succeeded" ? null : run?.cause
  place.textContent = [cause, run?.answer?.slice(0, 280)].filter(Boolean).join(": ")
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
  const retry = button(
    "Retry",
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
    const form = rejection((summary) =>
      act(`Task ${task.id} goes back`, () => judge(path, "reject", { summary }))
    )
    form.addEventListener("reset", () => form.replaceWith(bar))
    bar.replaceWith(form)
    form.querySelector("textarea")?.focus()
  })
  const buttons: Readonly<Record<Reason, ReadonlyArray<HTMLElement>>> = {
    review: [approve, reject, output],
    approval: [merge, back, output],
    held: [retry, output],
    failed: [retry, output]
  }
  bar.append(...buttons[reason])
  return bar
}

const primary = { class: "primary" }

const rejection = (send: (summary: string) => void): HTMLFormElement => {
  const text = el("textarea", {
    rows: 3,
    required: true,
    maxlength: 100_000,
    "aria-label": "What should change?",
    placeholder: "What should change?"
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
    send(text.value)
  })
  return form
}

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
