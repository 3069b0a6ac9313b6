/**
 * The page at `/`: the tasks live, what waits for a person, and how to connect an agent.
 */
import { adoptToken, get, keepToken, Refused, tokenOf } from "./api.ts"
import { approvalList } from "./approvals.ts"
import { showConnect } from "./connect.ts"
import { showTask } from "./detail.ts"
import { button, el, fill, find } from "./elements.ts"
import { follow } from "./feed.ts"
import { requestList } from "./requests.ts"
import { type Filter, statusChoices, taskList } from "./taskList.ts"
import { waitingList } from "./waiting.ts"
import { keep } from "./world.ts"

// services --------------------------------------------------------------------

const start = async (): Promise<void> => {
  adoptToken()
  find("connect-button").addEventListener("click", () => void showConnect())
  find("leave-button").addEventListener("click", () => {
    keepToken(null)
    location.reload()
  })
  try {
    await get("/api/v1/orgs?limit=1")
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return askForToken()
    if (error instanceof Refused) return say("bad", error.message)
  }
  live()
}

const live = () => {
  find("login").hidden = true
  find("board").hidden = false
  find("leave-button").hidden = tokenOf() === null
  const filter: Filter = { words: "", status: "open" }
  const drawTasks = taskList(find("teams"), showTask)
  const drawRequests = requestList(find("requests"), showTask)
  const drawWaiting = waitingList(find("waiting"), showTask)
  const { load, note, refresh, world } = keep(() => draw())
  const drawApprovals = approvalList(find("approvals"), showTask, refresh)
  const draw = () => {
    drawTasks(world, filter)
    const waiting = drawApprovals(world) + drawRequests(world) + drawWaiting(world)
    find("nothing").hidden = waiting > 0
    find("waiting-count").textContent = waiting === 0 ? "" : String(waiting)
    document.title = waiting === 0 ? "Foreman" : `(${waiting}) Foreman`
    find("empty").hidden = world.tasks.size > 0
    find("toolbar").hidden = world.tasks.size === 0
    const choose = (status: Filter["status"]) => {
      filter.status = status
      draw()
    }
    fill(find("statuses"), ...statusChoices(world, filter.status, choose))
  }
  search((words) => {
    filter.words = words
    draw()
  })
  fill(
    find("empty-connect"),
    button("Connect an agent", () => void showConnect(), { class: "primary" })
  )
  const closing = new AbortController()
  addEventListener("pagehide", () => closing.abort())
  // Everything is read after the feed has begun, so nothing can happen in between.
  void follow(
    {
      onOpen: () => {
        say("good", "live")
        load().catch(() => say("bad", "The server does not answer"))
      },
      onEvent: note,
      onBreak: (seconds) => say("bad", `cut off, next attempt in ${seconds} s`),
      onRefused: (refused) => (refused.status === 401 ? askForToken() : say("bad", refused.message))
    },
    closing.signal
  )
}

// internal --------------------------------------------------------------------

const say = (kind: "good" | "bad", text: string) => {
  const place = find("connection")
  place.className = `connection ${kind}`
  fill(
    place,
    el("span", { class: kind === "good" ? "dot live" : "dot", "aria-hidden": "true" }),
    text
  )
}

const askForToken = () => {
  find("board").hidden = true
  find("connect-button").hidden = true
  find("login").hidden = false
  const field = find("token")
  const hadOne = tokenOf() !== null
  find("login-problem").textContent = hadOne ? "This token is not good, or no longer." : ""
  keepToken(null)
  say("bad", "token needed")
  find("login-form").addEventListener("submit", (event) => {
    event.preventDefault()
    if (field instanceof HTMLInputElement) keepToken(field.value.trim())
    location.reload()
  })
  field.focus()
}

const search = (onChange: (words: string) => void) => {
  const field = find("search")
  if (!(field instanceof HTMLInputElement)) return
  field.addEventListener("input", () => onChange(field.value))
  document.addEventListener("keydown", (event) => {
    const isTyping =
      event.target instanceof Element && event.target.closest("input, textarea, dialog")
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    field.focus()
  })
}

void start()
