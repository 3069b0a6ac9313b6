/**
 * One task in full: what it asks for, its runs and what they wrote, and what happened to it.
 */
import { get, list } from "./api.ts"
import { button, el, fill, find } from "./elements.ts"
import { type FeedEvent, lengthOf, type Output, type Run, type Task, words } from "./model.ts"
import { statusBadge } from "./taskList.ts"

// services --------------------------------------------------------------------

/** Opens the dialog of a task. While a run of it is live, its output keeps coming. */
export const showTask = (task: Task): void => {
  const dialog = find("detail")
  if (!(dialog instanceof HTMLDialogElement)) return
  const closing = new AbortController()
  dialog.addEventListener("close", () => closing.abort(), { once: true })
  const runs = el("div", { class: "runs", role: "group", "aria-label": "Runs" })
  const output = el("pre", { class: "output", tabindex: 0, "aria-label": "Output" })
  const events = el("ol", { class: "events" })
  fill(
    dialog,
    el(
      "header",
      {},
      el("h2", {}, el("span", { class: "number" }, `#${task.id}`), ` ${task.title}`),
      button("Close", () => dialog.close(), { autofocus: true })
    ),
    el(
      "div",
      { class: "facts" },
      statusBadge(task),
      task.branch !== "" && el("code", {}, task.branch)
    ),
    task.description !== "" && el("p", { class: "description" }, task.description),
    el("h3", {}, "Runs"),
    runs,
    output,
    el("h3", {}, "What happened"),
    events
  )
  if (!dialog.open) dialog.showModal()
  void showRuns(task, runs, output, closing.signal)
  void showEvents(task, events)
}

// internal --------------------------------------------------------------------

const mostOutput = 1_048_576

const showRuns = async (task: Task, place: Element, output: HTMLElement, signal: AbortSignal) => {
  const runs = await list<Run>(`/api/v1/tasks/${task.id}/runs?limit=50`, 50).catch(() => [])
  if (runs.length === 0) {
    fill(place, el("p", { class: "note" }, "It has not run yet."))
    output.hidden = true
    return
  }
  let reading = new AbortController()
  signal.addEventListener("abort", () => reading.abort())
  const choose = (run: Run) => {
    reading.abort()
    reading = new AbortController()
    fill(place, ...runs.map((one) => runButton(one, one === run, () => choose(one))))
    void readOutput(run, output, reading.signal)
  }
  if (runs[0]) choose(runs[0])
}

const runButton = (run: Run, isChosen: boolean, choose: () => void): HTMLElement =>
  button(
    [
      `Run ${run.attempt}`,
      words(run.status),
      run.cause === null || run.status === "succeeded" ? "" : run.cause,
      lengthOf(run.started_at, run.ended_at)
    ]
      .filter((part) => part !== "")
      .join(" · "),
    choose,
    { class: `chip ${run.status}`, "aria-pressed": String(isChosen), "data-key": run.id }
  )

/** Reads from the start, and goes on as long as the run does. */
const readOutput = async (run: Run, place: HTMLElement, signal: AbortSignal) => {
  place.textContent = ""
  let offset = 0
  let isLive = true
  while (!signal.aborted && offset < mostOutput) {
    const path = `/api/v1/task-runs/${run.id}/output?offset=${offset}&length=65536`
    const part = await get<Output>(path).catch(() => undefined)
    if (signal.aborted) return
    if (part !== undefined && part.text !== "") append(place, part.text)
    if (part?.next_offset) offset = part.next_offset
    else if (isLive) {
      // The end of a live output is only where it is now.
      offset = part?.size ?? offset
      isLive = (await get<Run>(`/api/v1/task-runs/${run.id}`)).ended_at === null
      if (isLive) await pause(1000)
    } else break
  }
  if (!signal.aborted && place.textContent === "") place.textContent = "It wrote nothing."
}

const pause = (millis: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, millis)
  })

const append = (place: HTMLElement, text: string) => {
  const isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40
  place.append(text)
  if (isAtEnd) place.scrollTop = place.scrollHeight
}

const showEvents = async (task: Task, place: Element) => {
  const path = `/api/v1/tasks/${task.id}/events?limit=200`
  const events = await list<FeedEvent>(path, 400).catch(() => [])
  fill(
    place,
    ...events.map(({ created_at: at, data, type }) =>
      el(
        "li",
        {},
        el("time", { datetime: at }, new Date(at).toLocaleTimeString()),
        el("span", {}, words(type)),
        el("span", { class: "quiet" }, gist(data))
      )
    )
  )
}

/** The few facts of an event that fit on its line. */
const gist = (data: FeedEvent["data"]): string =>
  Object.entries(data)
    .filter(([key, value]) => !key.endsWith("_id") && typeof value !== "object" && value !== "")
    .map(([key, value]) => `${words(key)} ${String(value).slice(0, 80)}`)
    .slice(0, 3)
    .join(", ")
