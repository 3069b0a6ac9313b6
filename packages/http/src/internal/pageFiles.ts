/* The files of `page`, as a browser takes them. Generated; do not edit. */
/* oxlint-disable max-lines -- it holds many files */
export const files: Readonly<Record<string, string>> = {
  "api.js": `

export class Refused extends Error {
           status
           code

  constructor(status , code , message ) {
    super(message)
    this.status = status
    this.code = code
  }
}

const key = "foreman.token"

export const adoptToken = () => {
  const token = new URLSearchParams(location.hash.slice(1)).get("token")
  if (token === null) return
  keepToken(token)
  history.replaceState(null, "", location.pathname + location.search)
}

export const keepToken = (token ) => {
  if (token === null || token === "") sessionStorage.removeItem(key)
  else sessionStorage.setItem(key, token)
}

export const tokenOf = () => sessionStorage.getItem(key)

export const authorization = () => {
  const token = tokenOf()
  return token === null ? {} : { authorization: \`Bearer \${token}\` }
}

export const get = async (path ) => (await send("GET", path)).json()

export const list = async (path , most = 2000) => {
  const items = []
  let next = path
  while (next !== undefined && items.length < most) {
    const response = await send("GET", next)
    const page = await response.json()
    items.push(...page)
    next = /<([^>]*)>; rel="next"/.exec(response.headers.get("link") ?? "")?.[1]
  }
  return items
}

export const post = async (path , body ) => {
  const headers = { "content-type": "application/json", "idempotency-key": randomKey() }
  const response = await send("POST", path, { headers, body: JSON.stringify(body) })
  return response.json()
}

export const refusalOf = async (response ) => {
  const body = await response.json().catch(() => ({}))
  const { code = "", detail = response.statusText } = asRecord(body)
  return new Refused(response.status, String(code), sentenceOf(detail))
}

const send = async (method , path , init = {}) => {
  const response = await fetch(path, {
    ...init,
    method,
    headers: { ...authorization(), ...init.headers },
    signal: AbortSignal.timeout(30_000)
  })
  if (!response.ok) throw await refusalOf(response)
  return response
}

const asRecord = (value ) =>
  typeof value === "object" && value !== null ? { ...value } : {}

const sentenceOf = (detail ) =>
  Array.isArray(detail)
    ? detail.map((one) => String(asRecord(one)["msg"])).join("; ")
    : String(detail)

const randomKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
`,
  "approvals.js": `import { get, post, Refused } from "./api.js"
import { announce, arrange, button, el } from "./elements.js"
import { inQueue, } from "./model.js"

import { rejection } from "./waiting.js"

export const outcomeOf = ({ decisions, quorum, status, task_id: task } ) => {
  if (status === "rejected") return \`Rejected: task \${task}\`
  if (status !== "pending") return \`Approved: task \${task}\`
  const missing = quorum - decisions.length
  return \`You have agreed; \${missing} more \${missing === 1 ? "has" : "have"} to\`
}

export const refusalOf = (error , now ) => {
  const said = error instanceof Error ? error.message : String(error)
  if (!(error instanceof Refused)) return said
  if (error.status === 403) return \`You may not decide this. \${said}\`
  if (error.status === 404) return "This approval is not there any more"
  if (error.status !== 409 && error.status !== 410) return said
  switch (now?.status) {
    case "rejected":
      return \`Somebody has rejected this already: \${now.rejection_reason ?? "no reason given"}\`
    case "approved":
    case "used":
      return "Somebody has approved this already, and that stands"
    case "expired":
      return endings[now.expiry_reason ?? ""] ?? "This has expired, so nobody decides it any more"
    default:
      return said
  }
}

export const wordingOf = ({ action, kind } ) => {
  const parts =
    kind === "command" ? [action["asked"]] : [action["description"], action["acceptance"]]
  return parts.filter((part) => typeof part === "string" && part !== "").join("\\n\\n")
}

const endings = {
  timeout: "This has expired: nobody decided it in time",
  changed: "This has expired: its task has been changed since, and is asked for anew",
  moved: "This has expired: its task has gone elsewhere since",
  run_ended: "This has expired: the run that asked is over"
}

export const agreedOf = ({ decisions, quorum } ) => {
  const names = decisions.map(({ by }) => by).join(", ")
  return \`\${decisions.length} of \${quorum}\${names === "" ? "" : \`: \${names}\`}\`
}

export const approvalList = (
  place ,
  show ,
  refresh
) => {
  const cards = new Map ()
  return (world) => {
    const waiting = [...world.approvals.values()].toSorted(inQueue)
    const wanted = waiting.slice(0, mostCards)
    const keys = wanted.map((approval) => keyOf(approval, world))
    const drawn = wanted.map((approval, at) => {
      const key = keys[at] ?? keyOf(approval, world)
      const card = cards.get(key) ?? cardOf(approval, world, show, refresh)
      cards.set(key, card)
      return card
    })
    for (const key of cards.keys()) if (!keys.includes(key)) cards.delete(key)
    keepingFocus(place, () => arrange(place, drawn))
    return waiting.length
  }
}

const mostCards = 50

const keyOf = ({ decisions, id, task_id: task } , { tasks } ) =>
  [id, decisions.length, tasks.has(task)].join(" ")

const headline = {
  dispatch: "Needs approval to start",
  command: "An agent asks for approval",
  merge: "Needs approval to merge"
}

const keepingFocus = (place , change ) => {
  const before = [...place.children].findIndex(
    (card) => card.hasAttribute(decidingHere) || card.contains(document.activeElement)
  )
  const card = place.children[before]
  change()
  const isGone = card !== undefined && !card.isConnected
  if (!isGone || document.activeElement !== document.body) return
  const next = place.children[Math.min(before, place.children.length - 1)]
  if (next instanceof HTMLElement) next.focus()
  else document.getElementById("waiting-title")?.focus()
}

const decidingHere = "data-decided"

const cardOf = (
  approval ,
  world ,
  show ,
  refresh
) => {
  const { kind, risk, summary, task_id: taskId, team_id: teamId } = approval
  const task = world.tasks.get(taskId)
  const wording = wordingOf(approval)
  const problem = el("p", { class: "problem", role: "alert" })
  const card = el(
    "article",
    { class: "card decision", tabindex: -1, "aria-label": \`Task \${taskId}: \${headline[kind]}\` },
    el(
      "div",
      { class: "reason" },
      el("strong", {}, headline[kind]),
      el("span", { class: \`risk \${risk}\` }, \`\${risk} risk\`),
      el("span", { class: "quiet" }, world.teams.get(teamId)?.name)
    ),
    el(
      "div",
      { class: "title" },
      el("span", { class: "number" }, \`#\${taskId}\`),
      task === undefined
        ? el("span", {}, summary)
        : button(task.title, () => show(task), { class: "link" })
    ),
    wording !== "" &&
      el(
        "div",
        { class: "wording quoted", tabindex: 0, role: "group", "aria-label": "What is asked" },
        wording
      ),
    factsOf(approval, world),
    kind !== "command" && exactly(approval),
    deciding(approval, task, { card: () => card, problem, refresh }),
    problem
  )
  return card
}

const factsOf = (approval , { teams } ) => {
  const { agent_id: agentId, expires_at: end, policy, quorum, reason, rule } = approval
  const agent = teams.get(approval.team_id)?.agents.find(({ id }) => id === agentId)
  const fact = (name , ...value ) => [
    el("dt", {}, name),
    el("dd", {}, ...value)
  ]
  return el(
    "dl",
    { class: "asked-facts" },
    ...fact("Why", reason),
    ...fact("Rule", el("code", {}, rule), \` of \${policy}\`),
    ...(agent === undefined ? [] : fact("Agent", agent.name)),
    ...(end === null
      ? []
      : fact("Until", el("time", { datetime: end }, new Date(end).toLocaleString()))),
    ...(quorum === 1 ? [] : fact("Agreed", agreedOf(approval)))
  )
}

const exactly = ({ action } ) =>
  el(
    "details",
    {},
    el("summary", {}, "What exactly is approved"),
    el(
      "pre",
      { class: "action", tabindex: 0, role: "group", "aria-label": "The exact action" },
      JSON.stringify(action, null, 2)
    )
  )

const deciding = (
  approval ,
  task ,
  { card, problem, refresh }
) => {
  const path = \`/api/v1/approvals/\${approval.id}\`
  const place = el("div", { class: "answering" })
  const say = (words , now ) => {
    const stays = now?.status === "pending" && now.decisions.length === approval.decisions.length
    if (now === undefined || stays) problem.textContent = words
    else {
      card().setAttribute(decidingHere, "")
      announce(words)
    }
  }
  const decide = async (verdict , body ) => {
    problem.textContent = ""
    place.inert = true
    try {
      const after = await post (\`\${path}/\${verdict}\`, body)
      say(outcomeOf(after), after)
    } catch (error) {
      const now = await get (path).catch(() => undefined)
      say(refusalOf(error, now), now)
    }
    place.inert = false
    refresh(approval)
  }
  const which = \`task \${task?.id ?? approval.task_id}\`
  const bar = el("div", { class: "actions" })
  const reject = button(
    "Reject",
    () => {
      const form = rejection((text) => void decide("reject", { rejection_reason: text }), {
        label: "Why not? (may stay empty)",
        most: 10_000,
        otherwise: "Rejected without a reason"
      })
      form.addEventListener("reset", () => {
        form.replaceWith(bar)
        reject.focus()
      })
      bar.replaceWith(form)
      form.querySelector("textarea")?.focus()
    },
    { "aria-label": \`Reject \${which}\` }
  )
  const approve = button("Approve", () => void decide("approve", {}), {
    class: "primary",
    "aria-label": \`Approve \${which}\`
  })
  bar.append(approve, reject)
  place.append(bar)
  return place
}
`,
  "base.css": `* {
  box-sizing: border-box;
}

[hidden] {
  display: none !important;
}

body {
  margin: 0;
  background: var(--ground);
  color: var(--text);
  font:
    14px/1.45 system-ui,
    -apple-system,
    "Segoe UI",
    Roboto,
    "DejaVu Sans",
    sans-serif;
  overflow-wrap: anywhere;
}

h1,
h2,
h3,
p,
ul,
ol {
  margin: 0;
  padding: 0;
}

ul,
ol {
  list-style: none;
}

h1 {
  display: flex;
  align-items: center;
  gap: 8px;
  font-size: 16px;
}

h2 {
  font-size: 15px;
}

h3 {
  font-size: 13px;
}

a {
  color: var(--accent);
}

table {
  width: 100%;
  border-collapse: collapse;
}

code,
pre {
  font-family: var(--mono);
  font-size: 12px;
}

:focus-visible {
  outline: 2px solid var(--accent);
  outline-offset: 1px;
  border-radius: 4px;
}

main:focus {
  outline: none;
}

button,
.button {
  font: inherit;
  font-size: 13px;
  color: var(--text);
  background: var(--panel);
  border: 1px solid var(--line);
  border-radius: 6px;
  padding: 4px 10px;
  white-space: nowrap;
  cursor: pointer;
  text-decoration: none;
}

button:hover,
.button:hover {
  background: var(--sunk);
}

button.primary {
  background: var(--accent-ground);
  border-color: var(--accent-ground);
  color: var(--accent-text);
  font-weight: 600;
}

button.primary:hover {
  filter: brightness(1.08);
}

button.danger {
  border-color: var(--red);
  color: var(--red);
}

button.small {
  font-size: 12px;
  padding: 2px 8px;
}

button.link {
  background: none;
  border: 0;
  padding: 0;
  font-size: 14px;
  text-align: left;
  white-space: normal;
}

button.link:hover {
  text-decoration: underline;
}

input,
textarea {
  font: inherit;
  color: inherit;
  background: var(--panel);
  border: 1px solid var(--line);
  border-radius: 6px;
  padding: 5px 10px;
  width: 100%;
}

::placeholder {
  color: var(--quiet);
  opacity: 1;
}

.quiet,
.note {
  color: var(--quiet);
}

.note {
  padding: 8px 0;
}

.note:empty,
.problem:empty,
.said:empty {
  display: none;
}

.problem {
  color: var(--red);
}

.unseen {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.skip {
  position: absolute;
  left: 8px;
  top: -48px;
  background: var(--panel);
  padding: 8px 12px;
  z-index: 3;
}

.skip:focus {
  top: 8px;
}

.top {
  position: sticky;
  top: 0;
  z-index: 2;
  display: flex;
  align-items: center;
  gap: 16px;
  padding: 8px 20px;
  background: var(--panel);
  border-bottom: 1px solid var(--line);
}

.top nav {
  display: flex;
  gap: 8px;
  margin-left: auto;
}

.connection {
  display: flex;
  align-items: center;
  gap: 6px;
  font-size: 12px;
  color: var(--quiet);
}

.connection.good .dot {
  color: var(--green);
}

.connection.bad {
  color: var(--red);
}

.notice {
  padding: 16px 20px;
}

.login,
.empty {
  max-width: 460px;
  margin: 12vh auto;
  padding: 0 20px;
  display: grid;
  gap: 12px;
}

.empty {
  text-align: center;
}

pre {
  margin: 8px 0 0;
  padding: 10px 12px;
  background: var(--sunk);
  border-radius: 6px;
  white-space: pre-wrap;
  overflow: auto;
}

.way {
  display: flex;
  align-items: end;
  justify-content: space-between;
  gap: 12px;
}

.command + button {
  margin-top: 14px;
}

.announcement {
  position: fixed;
  bottom: 20px;
  left: 50%;
  transform: translateX(-50%);
  background: var(--text);
  color: var(--ground);
  padding: 8px 16px;
  border-radius: 8px;
  opacity: 0;
  pointer-events: none;
  transition: opacity 0.2s;
  max-width: calc(100vw - 40px);
  z-index: 4;
}

.announcement.shown {
  opacity: 1;
}

@media (max-width: 640px) {
  .top {
    flex-wrap: wrap;
    gap: 6px 12px;
    padding: 8px 12px;
  }
}
`,
  "board.css": `.login form {
  display: flex;
  gap: 8px;
}

.board {
  display: grid;
  grid-template-columns: minmax(0, 1fr) 340px;
  gap: 24px;
  padding: 16px 20px 64px;
  max-width: 1440px;
  margin: 0 auto;
}

.board aside {
  grid-column: 2;
  grid-row: 1;
}

.board .tasks {
  grid-column: 1;
  grid-row: 1;
}

aside h2 {
  margin-bottom: 10px;
  line-height: 32px;
}

.counter:not(:empty) {
  background: var(--accent-ground);
  color: var(--accent-text);
  border-radius: 10px;
  padding: 1px 8px;
  font-size: 12px;
}

.cards {
  display: grid;
  gap: 10px;
}

.cards:not(:empty) ~ .cards:not(:empty) {
  margin-top: 10px;
}

.card {
  background: var(--panel);
  border: 1px solid var(--line);
  border-left: 3px solid var(--gray);
  border-radius: 6px;
  padding: 10px 12px;
  display: grid;
  gap: 6px;
}

.card.review {
  border-left-color: var(--violet);
}

.card.approval,
.card.decision {
  border-left-color: var(--amber);
}

.card.asked {
  border-left-color: var(--accent);
}

.card.held,
.card.failed {
  border-left-color: var(--red);
}

.reason {
  display: flex;
  gap: 8px;
  font-size: 12px;
}

.reason .quiet {
  margin-left: auto;
}

.said {
  font-size: 12.5px;
  color: var(--quiet);
  white-space: pre-line;
  max-height: 5.8em;
  overflow: auto;
}

.wording {
  white-space: pre-line;
  overflow-wrap: anywhere;
  max-height: 16em;
  overflow: auto;
}

.quoted {
  padding: 6px 8px;
  background: var(--sunk);
  border-radius: 6px;
  white-space: pre-wrap;
  max-height: 16em;
}

.answering {
  display: grid;
  gap: 6px;
}

.answering button {
  overflow-wrap: anywhere;
  text-align: left;
}

.risk {
  color: var(--quiet);
}

.risk.high {
  color: var(--amber);
}

.risk.critical {
  color: var(--red);
  font-weight: 600;
}

.asked-facts {
  display: grid;
  grid-template-columns: max-content minmax(0, 1fr);
  gap: 2px 12px;
  margin: 0;
  font-size: 12px;
}

.asked-facts dt {
  color: var(--quiet);
}

.asked-facts dd {
  margin: 0;
}

summary {
  font-size: 12px;
  cursor: pointer;
}

.action {
  max-height: 20em;
}

.actions {
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
}

.actions[inert],
.answering[inert] {
  opacity: 0.5;
}

.rejection {
  display: grid;
  gap: 6px;
}

.toolbar {
  display: flex;
  flex-wrap: wrap;
  gap: 8px 12px;
  margin-bottom: 10px;
}

.toolbar input {
  width: 220px;
}

.chips,
.runs {
  display: flex;
  flex-wrap: wrap;
  gap: 4px;
  align-items: center;
}

.chip {
  font-size: 12px;
  padding: 3px 9px;
  border-radius: 12px;
}

.chip[aria-pressed="true"] {
  background: var(--text);
  border-color: var(--text);
  color: var(--ground);
}

@media (max-width: 980px) {
  .board {
    grid-template-columns: minmax(0, 1fr);
  }

  .board aside,
  .board .tasks {
    grid-column: 1;
    grid-row: auto;
  }
}

@media (max-width: 640px) {
  .board {
    padding: 12px 12px 64px;
    gap: 16px;
  }

  .toolbar input {
    width: 100%;
  }
}
`,
  "board.js": `import { adoptToken, get, keepToken, Refused, tokenOf } from "./api.js"
import { approvalList } from "./approvals.js"
import { showConnect } from "./connect.js"
import { showTask } from "./detail.js"
import { button, el, fill, find } from "./elements.js"
import { follow } from "./feed.js"
import { requestList } from "./requests.js"
import { statusChoices, taskList } from "./taskList.js"
import { waitingList } from "./waiting.js"
import { keep } from "./world.js"

const start = async () => {
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
  const filter = { words: "", status: "open" }
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
    document.title = waiting === 0 ? "Foreman" : \`(\${waiting}) Foreman\`
    find("empty").hidden = world.tasks.size > 0
    find("toolbar").hidden = world.tasks.size === 0
    const choose = (status ) => {
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
  void follow(
    {
      onOpen: () => {
        say("good", "live")
        load().catch(() => say("bad", "The server does not answer"))
      },
      onEvent: note,
      onBreak: (seconds) => say("bad", \`cut off, next attempt in \${seconds} s\`),
      onRefused: (refused) => (refused.status === 401 ? askForToken() : say("bad", refused.message))
    },
    closing.signal
  )
}

const say = (kind , text ) => {
  const place = find("connection")
  place.className = \`connection \${kind}\`
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

const search = (onChange ) => {
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
`,
  "colors.css": `:root {
  color-scheme: light dark;
  --ground: #fbfaf8;
  --panel: #ffffff;
  --sunk: #f3f1ed;
  --line: #e4e0d9;
  --text: #22201d;
  --quiet: #6b665e;
  --accent: #a34c06;
  --accent-ground: #a34c06;
  --accent-text: #ffffff;
  --blue: #1d5fbf;
  --violet: #6d3fc0;
  --amber: #945f00;
  --teal: #0b7285;
  --green: #2a7a3b;
  --red: #b3261e;
  --gray: #6b665e;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}

@media (prefers-color-scheme: dark) {
  :root {
    --ground: #171614;
    --panel: #1f1e1b;
    --sunk: #262421;
    --line: #35322d;
    --text: #ebe7e0;
    --quiet: #a39d92;
    --accent: #f0a35e;
    --accent-ground: #e0893a;
    --accent-text: #1a1410;
    --blue: #7db1f7;
    --violet: #b59af2;
    --amber: #e3b34d;
    --teal: #5fc3d4;
    --green: #79c98a;
    --red: #f28b82;
    --gray: #a39d92;
  }
}
`,
  "connect.js": `import { get, tokenOf } from "./api.js"
import { button, copyButton, el, fill, find } from "./elements.js"

export const waysOf = (
  connection ,
  url ,
  fallback
) => {
  const { mcp_endpoint: endpoint, mcp_path: path, token: own } = connection
  const token = own ?? fallback
  const program = path ?? "/path/to/foreman-mcp.js"
  const started = overStdio(program, url, token)
  if (endpoint === undefined || endpoint === null) return started
  const [, , other] = started
  return [
    ...overHttp(\`\${url}\${endpoint}\`, token),
    ...(other === undefined ? [] : [["Clients without HTTP", other[1]] ])
  ]
}

const overHttp = (url , token ) => {
  const header = token === null ? "" : \` --header \${quoted(\`Authorization: Bearer \${token}\`)}\`
  const variable = token === null ? "" : \`export FOREMAN_TOKEN=\${quoted(token)}\\n\`
  const named = token === null ? "" : " --bearer-token-env-var FOREMAN_TOKEN"
  const headers = token === null ? {} : { headers: { Authorization: \`Bearer \${token}\` } }
  return [
    ["Claude Code", \`claude mcp add --transport http foreman \${url}\${header}\`],
    ["Codex", \`\${variable}codex mcp add foreman --url \${url}\${named}\`],
    ["Others", asJson({ type: "http", url, ...headers })]
  ]
}

const overStdio = (program , url , token ) => {
  const variables = [
    \`FOREMAN_API_URL=\${url}\`,
    ...(token === null ? [] : [\`FOREMAN_TOKEN=\${token}\`])
  ]
  const settings = variables.map((variable) => \`--env \${quoted(variable)}\`).join(" ")
  const start = \`-- node \${quoted(program)}\`
  const env = Object.fromEntries(variables.map((variable) => variable.split(/=(.*)/s).slice(0, 2)))
  return [
    ["Claude Code", \`claude mcp add \${settings} --transport stdio foreman \${start}\`],
    ["Codex", \`codex mcp add foreman \${settings} \${start}\`],
    ["Others", asJson({ command: "node", args: [program], env })]
  ]
}

export const showConnect = async () => {
  const dialog = find("connect")
  if (!(dialog instanceof HTMLDialogElement)) return
  const unknown = { mcp_path: null, token: null }
  const connection = await get ("/page/connect.json").catch(() => unknown)
  const token = connection.token ?? tokenOf()
  let isCovered = token !== null
  const draw = () => {
    const ways = waysOf(connection, location.origin, tokenOf())
    fill(
      dialog,
      el(
        "header",
        {},
        el("h2", {}, "Connect an agent"),
        button("Close", () => dialog.close())
      ),
      el(
        "p",
        { class: "quiet" },
        "Run one of these where the agent works. Then ask it to plan some tasks with Foreman."
      ),
      ...ways.flatMap(([name, text]) => [
        el(
          "div",
          { class: "way" },
          el("h3", {}, name),
          copyButton(name, () => text)
        ),
        el("pre", { class: "command", tabindex: 0 }, isCovered ? cover(text, token) : text)
      ]),
      token !== null &&
        button(
          isCovered ? "Show the token" : "Cover the token",
          () => {
            isCovered = !isCovered
            draw()
          },
          { "data-key": "cover" }
        )
    )
  }
  draw()
  if (!dialog.open) dialog.showModal()
}

const asJson = (server ) =>
  JSON.stringify({ mcpServers: { foreman: server } }, null, 2)

const quoted = (word ) =>
  /^[\\w@%+=:,./-]+$/.test(word) ? word : \`'\${word.replaceAll("'", \`'\\\\''\`)}'\`

const cover = (text , token ) =>
  token === null || token === "" ? text : text.replaceAll(token, "••••••••")
`,
  "detail.js": `import { get, list } from "./api.js"
import { button, el, fill, find } from "./elements.js"
import { lengthOf, words } from "./model.js"
import { statusBadge } from "./taskList.js"

export const showTask = (task ) => {
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
      el("h2", {}, el("span", { class: "number" }, \`#\${task.id}\`), \` \${task.title}\`),
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

const mostOutput = 1_048_576

const showRuns = async (task , place , output , signal ) => {
  const runs = await list (\`/api/v1/tasks/\${task.id}/runs?limit=50\`, 50).catch(() => [])
  if (runs.length === 0) {
    fill(place, el("p", { class: "note" }, "It has not run yet."))
    output.hidden = true
    return
  }
  let reading = new AbortController()
  signal.addEventListener("abort", () => reading.abort())
  const choose = (run ) => {
    reading.abort()
    reading = new AbortController()
    fill(place, ...runs.map((one) => runButton(one, one === run, () => choose(one))))
    void readOutput(run, output, reading.signal)
  }
  if (runs[0]) choose(runs[0])
}

const runButton = (run , isChosen , choose ) =>
  button(
    [
      \`Run \${run.attempt}\`,
      words(run.status),
      run.cause === null || run.status === "succeeded" ? "" : run.cause,
      lengthOf(run.started_at, run.ended_at)
    ]
      .filter((part) => part !== "")
      .join(" · "),
    choose,
    { class: \`chip \${run.status}\`, "aria-pressed": String(isChosen), "data-key": run.id }
  )

const readOutput = async (run , place , signal ) => {
  place.textContent = ""
  let offset = 0
  let isLive = true
  while (!signal.aborted && offset < mostOutput) {
    const path = \`/api/v1/task-runs/\${run.id}/output?offset=\${offset}&length=65536\`
    const part = await get (path).catch(() => undefined)
    if (signal.aborted) return
    if (part !== undefined && part.text !== "") append(place, part.text)
    if (part?.next_offset) offset = part.next_offset
    else if (isLive) {
      offset = part?.size ?? offset
      isLive = (await get (\`/api/v1/task-runs/\${run.id}\`)).ended_at === null
      if (isLive) await pause(1000)
    } else break
  }
  if (!signal.aborted && place.textContent === "") place.textContent = "It wrote nothing."
}

const pause = (millis ) =>
  new Promise((resolve) => {
    setTimeout(resolve, millis)
  })

const append = (place , text ) => {
  const isAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 40
  place.append(text)
  if (isAtEnd) place.scrollTop = place.scrollHeight
}

const showEvents = async (task , place ) => {
  const path = \`/api/v1/tasks/\${task.id}/events?limit=200\`
  const events = await list (path, 400).catch(() => [])
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

const gist = (data ) =>
  Object.entries(data)
    .filter(([key, value]) => !key.endsWith("_id") && typeof value !== "object" && value !== "")
    .map(([key, value]) => \`\${words(key)} \${String(value).slice(0, 80)}\`)
    .slice(0, 3)
    .join(", ")
`,
  "dialog.css": `dialog {
  width: min(820px, calc(100vw - 24px));
  max-height: calc(100vh - 48px);
  overflow: auto;
  border: 1px solid var(--line);
  border-radius: 10px;
  background: var(--panel);
  color: var(--text);
  padding: 16px 20px 20px;
}

dialog::backdrop {
  background: rgb(0 0 0 / 0.45);
}

dialog > header {
  display: flex;
  gap: 16px;
  align-items: start;
  justify-content: space-between;
  margin-bottom: 8px;
}

dialog h3 {
  margin: 16px 0 6px;
}

.facts {
  display: flex;
  flex-wrap: wrap;
  gap: 4px 16px;
  align-items: center;
}

.description {
  margin-top: 10px;
  white-space: pre-wrap;
}

.output {
  max-height: 40vh;
  min-height: 3em;
}

.events li {
  display: flex;
  flex-wrap: wrap;
  gap: 0 12px;
  font-size: 12.5px;
  padding: 2px 0;
}

.events time {
  color: var(--quiet);
  font-variant-numeric: tabular-nums;
}
`,
  "docs.css": `.docs {
  display: grid;
  grid-template-columns: 280px minmax(0, 1fr);
  max-width: 1280px;
  margin: 0 auto;
}

.index {
  position: sticky;
  top: 49px;
  height: calc(100vh - 49px);
  overflow: auto;
  padding: 16px 20px;
}

.index h2 {
  margin: 14px 0 4px;
  font-size: 12px;
  color: var(--quiet);
}

.index a {
  display: flex;
  gap: 8px;
  align-items: baseline;
  padding: 2px 0;
  color: inherit;
  text-decoration: none;
}

.index a:hover {
  text-decoration: underline;
}

.docs main {
  padding: 20px 24px 80px;
}

.operation {
  border-top: 1px solid var(--line);
  padding: 20px 0;
  margin-top: 20px;
  scroll-margin-top: 49px;
}

.operation > * + * {
  margin-top: 8px;
}

.operation > h2 a {
  color: inherit;
  text-decoration: none;
}

.operation > h3,
.operation > .way {
  margin-top: 16px;
}

.path {
  display: flex;
  gap: 10px;
  align-items: baseline;
}

.path code {
  font-size: 13px;
}

.method {
  font: 600 10.5px var(--mono);
  color: var(--blue);
  min-width: 44px;
}

.method.POST {
  color: var(--green);
}

.method.PATCH,
.method.PUT {
  color: var(--amber);
}

.method.DELETE {
  color: var(--red);
}

.fields th,
.fields td {
  text-align: left;
  vertical-align: top;
  padding: 4px 12px 4px 0;
  border-bottom: 1px solid var(--line);
  font-weight: 400;
}

.fields th {
  width: 34%;
}

.type {
  font: 12px var(--mono);
  color: var(--teal);
  margin-right: 10px;
}

.required {
  color: var(--accent);
  font-size: 11px;
}

.response {
  border: 1px solid var(--line);
  border-radius: 6px;
  padding: 5px 12px;
}

.response summary {
  cursor: pointer;
}

.response.s2 strong {
  color: var(--green);
}

.response.s4 strong,
.response.s5 strong {
  color: var(--amber);
}

@media (max-width: 980px) {
  .docs {
    grid-template-columns: minmax(0, 1fr);
  }

  .index {
    position: static;
    height: auto;
    max-height: 40vh;
    border-bottom: 1px solid var(--line);
  }
}

@media (max-width: 640px) {
  .fields th,
  .fields td {
    display: block;
    width: auto;
  }

  .fields th {
    border-bottom: 0;
    padding-bottom: 0;
  }
}
`,
  "docs.html": `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Foreman API</title>
    <link rel="icon" href="/page/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/page/colors.css" />
    <link rel="stylesheet" href="/page/base.css" />
    <link rel="stylesheet" href="/page/docs.css" />
    <script type="module" src="/page/docs.js"></script>
  </head>
  <body>
    <a class="skip" href="#main">To the operations</a>
    <header class="top">
      <h1><img src="/page/icon.svg" alt="" width="20" height="20" /> Foreman API</h1>
      <p id="about" class="connection"></p>
      <nav aria-label="Page">
        <a class="button" href="/">Tasks</a>
        <a class="button" href="/openapi.json">openapi.json</a>
      </nav>
    </header>
    <noscript
      ><p class="notice">
        This page needs JavaScript; <a href="/openapi.json">openapi.json</a> says the same.
      </p></noscript
    >
    <div class="docs">
      <nav class="index" aria-label="Operations">
        <label class="unseen" for="search">Filter operations</label>
        <input id="search" type="search" placeholder="Filter operations ( / )" autocomplete="off" />
        <div id="index"></div>
      </nav>
      <main id="main" tabindex="-1">
        <p id="introduction" class="quiet"></p>
        <div id="operations"></div>
        <p id="none" class="empty" hidden>No operation has these words.</p>
      </main>
    </div>
    <p id="announcement" class="announcement" role="status" aria-live="polite"></p>
  </body>
</html>
`,
  "docs.js": `import { copyButton, el, fill, find } from "./elements.js"
import { operationsOf, rowsOf, tryItOf } from "./openapi.js"

const start = async () => {
  const response = await fetch("/openapi.json")
  const document_ = await response.json()
  const { description, operations, version } = operationsOf(document_)
  find("about").textContent = \`version \${version}, \${operations.length} operations\`
  find("introduction").textContent = description
  const entries = operations.map((operation) => ({
    operation,
    link: linkOf(operation),
    section: sectionOf(operation)
  }))
  const byTag = Map.groupBy(entries, ({ operation }) => operation.tag)
  const groups = [...byTag].map(([tag, members]) => ({
    members,
    group: el("section", {}, el("h2", {}, tag), el("ul", {}, ...members.map(({ link }) => link)))
  }))
  fill(find("index"), ...groups.map(({ group }) => group))
  fill(find("operations"), ...[...byTag.values()].flat().map(({ section }) => section))
  search((words) => {
    for (const { link, operation, section } of entries) {
      section.hidden = link.hidden = !words.every((word) => operation.text.includes(word))
    }
    for (const { group, members } of groups) group.hidden = members.every(({ link }) => link.hidden)
    scrollTo(0, 0)
    find("none").hidden = entries.some(({ section }) => !section.hidden)
  })
  if (location.hash !== "") document.getElementById(location.hash.slice(1))?.scrollIntoView()
}

const linkOf = ({ id, method, summary } ) =>
  el(
    "li",
    {},
    el("a", { href: \`#\${id}\` }, el("span", { class: \`method \${method}\` }, method), summary)
  )

const sectionOf = (operation ) => {
  const { body, description, id, method, parameters, path, permission, responses, summary } =
    operation
  const curl = tryItOf(operation, location.origin)
  return el(
    "section",
    { id, class: "operation" },
    el("h2", {}, el("a", { href: \`#\${id}\` }, summary)),
    el(
      "p",
      { class: "path" },
      el("span", { class: \`method \${method}\` }, method),
      el("code", {}, path)
    ),
    el("p", {}, description),
    el(
      "p",
      { class: "quiet" },
      permission === undefined ? "" : \`Permission \${permission}. \`,
      "Tool and operation name ",
      el("code", {}, id)
    ),
    parameters.length > 0 && el("h3", {}, "Parameters"),
    parameters.length > 0 &&
      fields(
        parameters.map(({ name, place, required, schema }) => [
          \`\${name} (\${place})\`,
          required,
          schema
        ])
      ),
    body !== undefined && el("h3", {}, "Body"),
    body !== undefined && fields(rowsOf(body)),
    el("h3", {}, "Answers"),
    ...responses.map(({ description: words, schema, status }) =>
      el(
        "details",
        { class: \`response s\${status[0] ?? ""}\` },
        el("summary", {}, el("strong", {}, status), \` \${words}\`),
        schema === undefined ? el("p", { class: "note" }, "No body.") : fields(rowsOf(schema))
      )
    ),
    el(
      "div",
      { class: "way" },
      el("h3", {}, "Try it"),
      copyButton("the command", () => curl)
    ),
    el("pre", { class: "command", tabindex: 0 }, curl)
  )
}

const fields = (rows ) =>
  el(
    "table",
    { class: "fields" },
    el(
      "tbody",
      {},
      ...rows.map(([name, required, schema]) =>
        el(
          "tr",
          {},
          el(
            "th",
            { scope: "row" },
            el("code", {}, name),
            required && el("span", { class: "required" }, " required")
          ),
          el("td", {}, el("span", { class: "type" }, schema.type), schema.words)
        )
      )
    )
  )

const search = (onChange ) => {
  const field = find("search")
  if (!(field instanceof HTMLInputElement)) return
  field.addEventListener("input", () => onChange(field.value.toLowerCase().split(/\\s+/)))
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target === field || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    field.focus()
  })
}

void start()
`,
  "elements.js": `

export const legible = (text ) =>
  text.replaceAll(
    /(?![\\n\\t])[\\p{Cc}\\p{Bidi_Control}]/gu,
    (sign) => \`\\\\u{\${sign.codePointAt(0)?.toString(16)}}\`
  )

export const el = (
  tag ,
  { on = {}, ...attributes } = {},
  ...children
) => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    element.setAttribute(name, value === true ? "" : String(value))
  }
  for (const [type, listener] of Object.entries(on)) element.addEventListener(type, listener)
  element.append(...solid(children))
  return element
}

export const button = (
  label ,
  onClick ,
  attributes = {}
) =>
  el("button", { type: "button", ...attributes, on: { click: onClick } }, label)

export const find = (id ) => {
  const element = document.getElementById(id)
  if (element === null) throw new Error(\`The page has no #\${id}\`)
  return element
}

export const fill = (parent , ...children ) => {
  const active = document.activeElement
  const key = active !== null && parent.contains(active) ? active.getAttribute("data-key") : null
  parent.replaceChildren(...solid(children))
  if (key === null) return
  const again = parent.querySelector(\`[data-key="\${CSS.escape(key)}"]\`)
  if (again instanceof HTMLElement) again.focus({ preventScroll: true })
}

export const arrange = (parent , children ) => {
  const wanted = new Set(children)
  const present = Array.from(parent.children)
  for (const child of present) if (!wanted.has(child)) child.remove()
  let at = parent.firstElementChild
  for (const child of children) {
    if (child === at) at = at.nextElementSibling
    else parent.insertBefore(child, at)
  }
}

export const announce = (text ) => {
  const place = find("announcement")
  place.textContent = legible(text)
  place.classList.add("shown")
  setTimeout(() => {
    if (place.textContent === legible(text)) place.classList.remove("shown")
  }, 4000)
}

export const copyButton = (label , text ) =>
  button(
    "Copy",
    () => {
      navigator.clipboard.writeText(text()).then(
        () => announce("Copied"),
        () => announce("The browser does not let this page copy; select the text instead")
      )
    },
    { class: "small", "aria-label": \`Copy \${label}\` }
  )

const solid = (children ) =>
  children.flatMap((child) =>
    child === null || child === undefined || child === false
      ? []
      : [child instanceof Node ? child : legible(String(child))]
  )
`,
  "feed.js": `import { authorization, Refused, refusalOf } from "./api.js"

export const frameReader = () => {
  let rest = ""
  let id
  let data = []
  return (text) => {
    const lines = (rest + text).split("\\n")
    rest = lines.pop() ?? ""
    const frames = []
    for (const line of lines) {
      if (line === "") {
        if (id !== undefined || data.length > 0) frames.push({ id, data: data.join("\\n") })
        id = undefined
        data = []
      } else if (line.startsWith("id: ")) id = line.slice(4)
      else if (line.startsWith("data: ")) data.push(line.slice(6))
    }
    return frames
  }
}

export const pauseAfter = (failures ) => Math.min(30, 2 ** Math.max(0, failures - 1))

export const follow = async (listener , signal ) => {
  let cursor
  let failures = 0
  while (!signal.aborted) {
    try {
      const body = await open(cursor, signal)
      listener.onOpen()
      await read(body, ({ data, id }) => {
        failures = 0
        if (id !== undefined) cursor = id
        if (data === "") return
        const event = JSON.parse(data)
        listener.onEvent(event)
      })
    } catch (error) {
      if (error instanceof Refused && error.status < 500) return listener.onRefused(error)
    }
    if (signal.aborted) return
    failures += 1
    listener.onBreak(pauseAfter(failures))
    await pause(pauseAfter(failures) * 1000, signal)
  }
}

const longestSilence = 45_000

const open = async (cursor , signal ) => {
  const headers = {
    ...authorization(),
    ...(cursor === undefined ? {} : { "last-event-id": cursor })
  }
  const response = await fetch("/api/v1/events", { headers, signal, cache: "no-store" })
  if (!response.ok || response.body === null) throw await refusalOf(response)
  return response.body
}

const read = async (body , onFrame ) => {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const frames = frameReader()
  for (;;) {
    const silence = setTimeout(() => void reader.cancel(), longestSilence)
    const { done, value } = await reader.read().finally(() => clearTimeout(silence))
    if (done) return
    for (const frame of frames(decoder.decode(value, { stream: true }))) onFrame(frame)
  }
}

const pause = (millis , signal ) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, millis)
    signal.addEventListener("abort", () => {
      clearTimeout(timer)
      resolve()
    })
  })
`,
  "icon.svg": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M2 17h20v2.5H2z" fill="#b45309"/><path d="M4 16a8 8 0 0 1 5-7.4V13h1.8V7.2h2.4V13H15V8.6A8 8 0 0 1 20 16z" fill="#d97706"/></svg>
`,
  "index.html": `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Foreman</title>
    <link rel="icon" href="/page/icon.svg" type="image/svg+xml" />
    <link rel="stylesheet" href="/page/colors.css" />
    <link rel="stylesheet" href="/page/base.css" />
    <link rel="stylesheet" href="/page/board.css" />
    <link rel="stylesheet" href="/page/tasks.css" />
    <link rel="stylesheet" href="/page/dialog.css" />
    <script type="module" src="/page/board.js"></script>
  </head>
  <body>
    <a class="skip" href="#main">To the tasks</a>
    <header class="top">
      <h1><img src="/page/icon.svg" alt="" width="20" height="20" /> Foreman</h1>
      <p id="connection" class="connection" role="status">connecting</p>
      <nav aria-label="Page">
        <button type="button" id="connect-button">Connect an agent</button>
        <a class="button" href="/docs">API</a>
        <button type="button" id="leave-button" hidden>Forget token</button>
      </nav>
    </header>
    <noscript
      ><p class="notice">
        This page needs JavaScript. The API at <a href="/docs">/docs</a> does not.
      </p></noscript
    >
    <main id="main" tabindex="-1">
      <section id="login" class="login" hidden aria-labelledby="login-title">
        <h2 id="login-title">Your token</h2>
        <p class="quiet">
          It stands in the file <code>token</code> in the server's runtime folder. The second line
          that the server prints at its start has it in a link.
        </p>
        <form id="login-form">
          <label class="unseen" for="token">Token</label>
          <input id="token" type="password" autocomplete="off" spellcheck="false" required />
          <button type="submit" class="primary">Open</button>
        </form>
        <p id="login-problem" class="problem" role="alert"></p>
      </section>
      <div id="board" class="board" hidden>
        <aside aria-labelledby="waiting-title">
          <h2 id="waiting-title" tabindex="-1">
            Waits for you <span id="waiting-count" class="counter"></span>
          </h2>
          <div id="approvals" class="cards"></div>
          <div id="requests" class="cards"></div>
          <div id="waiting" class="cards"></div>
          <p id="nothing" class="note">Nothing waits for you.</p>
        </aside>
        <div class="tasks">
          <div id="toolbar" class="toolbar" hidden>
            <h2 class="unseen">Tasks</h2>
            <label class="unseen" for="search">Filter tasks</label>
            <input id="search" type="search" placeholder="Filter tasks ( / )" autocomplete="off" />
            <div id="statuses" class="chips" role="group" aria-label="Status"></div>
          </div>
          <div id="empty" class="empty" hidden>
            <h2>No tasks yet</h2>
            <p class="quiet">
              Connect an agent and ask it to plan some work, or create a task over the
              <a href="/docs">API</a>. Whatever happens shows here at once.
            </p>
            <p id="empty-connect"></p>
          </div>
          <div id="teams"></div>
        </div>
      </div>
    </main>
    <dialog id="detail" aria-label="Task"></dialog>
    <dialog id="connect" aria-label="Connect an agent"></dialog>
    <p id="announcement" class="announcement" role="status" aria-live="polite"></p>
  </body>
</html>
`,
  "model.js": `

export const statuses = [
  "in_progress",
  "in_review",
  "in_approval",
  "merging",
  "todo",
  "done",
  "cancelled"
]

const priorities = ["critical", "high", "medium", "low"]

export const isFinal = ({ status } ) =>
  status === "done" || status === "cancelled"

export const waitsFor = (task ) => {
  if (isFinal(task) || task.live_run_id !== null) return undefined
  if (task.hold !== null) return task.hold === "approval" ? "decision" : "held"
  if (task.status === "in_review") return "review"
  if (task.status === "in_approval") return "approval"
  const hasFailed = task.last_outcome !== null && task.last_outcome !== "succeeded"
  return task.status === "in_progress" && !task.is_rework && hasFailed ? "failed" : undefined
}

export const inOrder = (a , b ) => {
  const byStatus = statuses.indexOf(a.status) - statuses.indexOf(b.status)
  if (byStatus !== 0) return byStatus
  if (isFinal(a)) return b.updated_at < a.updated_at ? -1 : 1
  return priorities.indexOf(a.priority) - priorities.indexOf(b.priority) || a.id - b.id
}

export const hasWords = (task , wanted ) => {
  const text = \`#\${task.id} \${task.title} \${task.branch} \${task.tags.join(" ")}\`.toLowerCase()
  return wanted
    .toLowerCase()
    .split(/\\s+/)
    .every((word) => text.includes(word))
}

const risks = ["critical", "high", "medium", "low"]

export const inQueue = (a , b ) =>
  risks.indexOf(a.risk) - risks.indexOf(b.risk) ||
  b.urgency - a.urgency ||
  (a.created_at < b.created_at ? -1 : 1)

export const askedBeside = (
  requests ,
  approvals
) => {
  const shown = new Set(Array.from(approvals, ({ request_id: id }) => id))
  return [...requests].filter(({ id }) => !shown.has(id))
}

export const words = (name ) => name.replaceAll("_", " ")

export const lengthOf = (from , to ) => {
  if (from === null) return ""
  const end = to === null ? performance.timeOrigin + performance.now() : Date.parse(to)
  const seconds = Math.max(0, Math.round((end - Date.parse(from)) / 1000))
  if (seconds < 60) return \`\${seconds} s\`
  if (seconds < 3600) return \`\${Math.floor(seconds / 60)} min \${seconds % 60} s\`
  return \`\${Math.floor(seconds / 3600)} h \${Math.floor((seconds % 3600) / 60)} min\`
}
`,
  "openapi.js": `

export const operationsOf = (document ) => {
  const root = asJson(document)
  const { description, version } = asJson(root["info"])
  const operations = Object.entries(asJson(root["paths"])).flatMap(([path, item]) =>
    Object.entries(asJson(item)).map(([method, operation]) =>
      operationOf(root, path, method.toUpperCase(), asJson(operation))
    )
  )
  return { description: String(description), version: String(version), operations }
}

export const rowsOf = (schema , prefix = "", depth = 0) => {
  const items = asJson(schema["items"])
  if (schema["type"] === "array" && "items" in schema && isDeep(items)) {
    return rowsOf(items, \`\${prefix}[]\`, depth + 1)
  }
  const variants = asList(schema["oneOf"])
  if (variants.length > 0) return variants.flatMap((variant) => rowsOf(variant, prefix, depth + 1))
  const required = Array.isArray(schema["required"]) ? schema["required"] : []
  return Object.entries(asJson(schema["properties"])).flatMap(
    ([name, inner]) => {
      const field = asJson(inner)
      const path = prefix === "" ? name : \`\${prefix}.\${name}\`
      const row = [path, required.includes(name), schemaOf(field)]
      return depth < 4 && isDeep(field) ? [row, ...rowsOf(field, path, depth + 1)] : [row]
    }
  )
}

export const schemaOf = (schema ) => ({
  type: typeOf(schema),
  words: [schema["description"], ...bounds(schema)].filter(Boolean).join("; ")
})

export const tryItOf = ({ body, method, parameters, path } , origin ) => {
  const needed = parameters.filter(({ place, required }) => place === "query" && required)
  const query = needed.map(({ name }) => \`\${name}=...\`).join("&")
  const lines = [\`curl -X \${method} '\${origin}\${path}\${query === "" ? "" : \`?\${query}\`}'\`]
  lines.push(\`-H "Authorization: Bearer $FOREMAN_TOKEN"\`)
  if (body !== undefined) {
    const fields = rowsOf(body).filter(([name, required]) => required && !/[.[]/.test(name))
    const example = Object.fromEntries(fields.map(([name, , { type }]) => [name, exampleOf(type)]))
    lines.push(\`-H 'Content-Type: application/json'\`, \`-d '\${JSON.stringify(example)}'\`)
  }
  return lines.join(" \\\\\\n  ")
}

const operationOf = (root , path , method , item ) => {
  const id = String(item["operationId"])
  const [summary, description] = [String(item["summary"]), String(item["description"])]
  const body = contentOf(root, asJson(item["requestBody"]))
  return {
    id,
    method,
    path,
    tag: String(asWords(item["tags"])[0] ?? ""),
    summary,
    description,
    permission: wordOf(item["x-foreman-permission"]),
    parameters: asList(item["parameters"]).map((parameter) => {
      const schema = schemaOf(asJson(parameter["schema"]))
      const words = [parameter["description"], schema.words].filter(Boolean).join("; ")
      return {
        name: String(parameter["name"]),
        place: String(parameter["in"]),
        required: parameter["required"] === true,
        schema: { type: schema.type, words }
      }
    }),
    body,
    responses: Object.entries(asJson(item["responses"])).map(([status, response]) => {
      const resolved = follow(root, asJson(response))
      return {
        status,
        description: String(resolved["description"]),
        schema: contentOf(root, resolved)
      }
    }),
    text: \`\${id} \${method} \${path} \${summary} \${description}\`.toLowerCase()
  }
}

const contentOf = (root , holder ) => {
  const [content] = Object.values(asJson(holder["content"]))
  const schema = asJson(content)["schema"]
  if (schema === undefined) return undefined
  return asJson(inPlace(root, schema))
}

const inPlace = (root , node , depth = 0) => {
  if (Array.isArray(node)) return node.map((one) => inPlace(root, one, depth))
  if (typeof node !== "object" || node === null || depth > 8) return node
  const entries = Object.entries(follow(root, asJson(node)))
  return Object.fromEntries(entries.map(([key, inner]) => [key, inPlace(root, inner, depth + 1)]))
}

const follow = (root , json ) => {
  const reference = json["$ref"]
  if (typeof reference !== "string") return json
  const keys = reference.replace(/^#\\//, "").split("/")
  return keys.reduce ((inner, key) => asJson(inner[key]), root)
}

const isDeep = (schema ) =>
  "properties" in schema || ("items" in schema && isDeep(asJson(schema["items"])))

const typeOf = (schema ) => {
  if ("const" in schema) return JSON.stringify(schema["const"])
  const literals = asWords(schema["enum"])
  if (literals.length > 0) return literals.map((literal) => JSON.stringify(literal)).join(" | ")
  const variants = [...asList(schema["anyOf"]), ...asList(schema["oneOf"])]
  if (variants.length > 0) return [...new Set(variants.map(typeOf))].join(" | ")
  if (schema["type"] === "array") return \`\${typeOf(asJson(schema["items"]))}[]\`
  return String(schema["type"] ?? "any")
}

const bounds = (schema ) => {
  const all = [schema, ...asList(schema["allOf"])]
  const texts = {
    minimum: (bound) => \`at least \${String(bound)}\`,
    maximum: (bound) => \`at most \${String(bound)}\`,
    exclusiveMinimum: (bound) => \`more than \${String(bound)}\`,
    minLength: (bound) => \`at least \${String(bound)} characters\`,
    maxLength: (bound) => \`at most \${String(bound)} characters\`,
    maxItems: (bound) => \`at most \${String(bound)} items\`,
    pattern: (bound) => \`matches \${String(bound)}\`,
    default: (bound) => \`default \${JSON.stringify(bound)}\`
  }
  return all.flatMap((part) =>
    Object.entries(part).flatMap(([key, bound]) => texts[key]?.(bound) ?? [])
  )
}

const exampleOf = (type ) => {
  if (type.startsWith('"')) return JSON.parse(type.split(" | ")[0] ?? '""')
  if (type.endsWith("[]")) return []
  return type === "integer" || type === "number" ? 1 : type === "boolean" ? true : "..."
}

const asJson = (value ) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {}

const wordOf = (value ) =>
  typeof value === "string" ? value : undefined

const asList = (value ) =>
  Array.isArray(value) ? value.map(asJson) : []

const asWords = (value ) => (Array.isArray(value) ? value : [])
`,
  "requests.js": `import { post } from "./api.js"
import { announce, arrange, button, el } from "./elements.js"
import { askedBeside, } from "./model.js"

export const requestList = (place , show ) => {
  const cards = new Map ()
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

export const inTurn = (requests ) =>
  [...requests].toSorted((a, b) => a.id - b.id)

export const takesWords = ({ kind } ) => kind !== "approval"

const mostCards = 50

const headline = {
  question: "Question",
  approval: "Approval",
  review: "Look at this"
}

const cardOf = (request , world , show ) => {
  const { agent_id: agentId, id, kind, question, task_id: taskId, team_id: teamId } = request
  const team = world.teams.get(teamId)
  const agent = team?.agents.find((one) => one.id === agentId)
  const problem = el("p", { class: "problem", role: "alert" })
  const about = taskId === null ? undefined : world.tasks.get(taskId)
  return el(
    "article",
    { class: "card asked", "aria-label": \`Request \${id}: \${headline[kind]}\` },
    el(
      "div",
      { class: "reason" },
      el("strong", {}, headline[kind]),
      agent !== undefined && \`from \${agent.name}\`,
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

const taskLine = (task , show ) =>
  el(
    "div",
    { class: "title" },
    el("span", { class: "number" }, \`#\${task.id}\`),
    button(task.title, () => show(task), { class: "link" })
  )

const answering = (request , problem ) => {
  const place = el("div", { class: "answering" })
  const answer = async (response ) => {
    problem.textContent = ""
    place.inert = true
    try {
      await post(\`/api/v1/human-requests/\${request.id}/respond\`, { response })
      announce(\`Request \${request.id} is answered\`)
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error)
    }
    place.inert = false
  }
  const isFirst = (at ) => at === 0 && request.kind === "approval"
  const options = request.options.map((option, at) =>
    button(option, () => void answer(option), isFirst(at) ? { class: "primary" } : {})
  )
  if (options.length > 0) place.append(el("div", { class: "actions" }, ...options))
  if (takesWords(request)) place.append(wordsForm((text) => void answer(text)))
  return place
}

const wordsForm = (send ) => {
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
`,
  "taskList.js": `import { arrange, button, el, fill } from "./elements.js"
import {
  hasWords,
  inOrder,
  isFinal,

  statuses,

  waitsFor,
  words
} from "./model.js"

export const taskList = (place , show ) => {
  const sections = new Map ()
  const rows = new Map ()
  const rowOf = (task , world ) => {
    const drawn = JSON.stringify([task, dependencies(task, world), agentName(task, world)])
    const known = rows.get(task.id) ?? { row: el("tr", { id: \`task-\${task.id}\` }), drawn: "" }
    if (known.drawn !== drawn) {
      known.row.className = isFinal(task) ? "over" : ""
      fill(known.row, ...cells(task, world, show))
    }
    rows.set(task.id, { row: known.row, drawn })
    return known.row
  }
  return (world, filter) => {
    const byTeam = Map.groupBy(world.tasks.values(), ({ team_id: team }) => team)
    const drawn = inTeamOrder(world).flatMap((team) => {
      const tasks = byTeam.get(team.id) ?? []
      const wanted = tasks.filter((task) => isWanted(task, filter)).toSorted(inOrder)
      if (wanted.length === 0 && filter.words !== "") return []
      const section = sections.get(team.id) ?? sectionOf()
      sections.set(team.id, section)
      drawSection(section, team, tasks, world)
      const shown = wanted.slice(0, mostRows)
      const [, table, note] = section.children
      const body = table?.querySelector("tbody")
      if (body)
        arrange(
          body,
          shown.map((task) => rowOf(task, world))
        )
      table?.toggleAttribute("hidden", shown.length === 0)
      if (note) note.textContent = noteOn(tasks.length, wanted.length, shown.length, filter)
      return [section]
    })
    arrange(place, drawn)
  }
}

export const matchesStatus = (task , status ) =>
  status === "all" || (status === "open" ? !isFinal(task) : task.status === status)

export const statusBadge = (task ) => {
  const [look, word] = standingOf(task)
  return el(
    "span",
    { class: \`badge \${look}\` },
    el("span", { class: task.live_run_id === null ? "dot" : "dot live", "aria-hidden": "true" }),
    word,
    task.live_run_id !== null && el("span", { class: "unseen" }, ", a run is live")
  )
}

export const standingOf = ({
  hold,
  status
} ) => {
  if (hold === null) return [status, words(status)]
  return hold === "approval" ? ["in_approval", "needs approval"] : ["held", "held"]
}

const mostRows = 300

const isWanted = (task , filter ) =>
  matchesStatus(task, filter.status) && hasWords(task, filter.words)

const inTeamOrder = ({ organizations, teams } ) => {
  const nameOf = (team ) => \`\${organizations.get(team.org_id)?.name ?? ""} / \${team.name}\`
  return [...teams.values()].toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))
}

const sectionOf = () => {
  const heads = ["Task", "Status", "Priority", "Agent", "Runs"].map((name) =>
    el("th", { scope: "col" }, name)
  )
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody"))
  return el("section", { class: "team" }, el("header"), table, el("p", { class: "note" }))
}

const drawSection = (
  section ,
  team ,
  tasks ,
  { organizations }
) => {
  const [head] = section.children
  const open = tasks.filter((task) => !isFinal(task)).length
  const agents = team.agents.map(({ model, name, role, status }) =>
    el(
      "li",
      { class: \`agent \${status}\`, title: \`\${role}, \${model}\` },
      el("span", { class: status === "working" ? "dot live" : "dot", "aria-hidden": "true" }),
      name,
      el("span", { class: "unseen" }, \`, \${role}, \${status}\`)
    )
  )
  if (head) {
    fill(
      head,
      el(
        "h3",
        {},
        el("span", { class: "quiet" }, \`\${organizations.get(team.org_id)?.name ?? ""} / \`),
        team.name
      ),
      el("span", { class: "quiet" }, \`\${open} open of \${tasks.length}\`),
      el("ul", { class: "agents", "aria-label": "Agents" }, ...agents)
    )
  }
}

const noteOn = (all , wanted , shown , filter ) => {
  if (all === 0) return "No tasks yet."
  if (wanted === 0) return filter.status === "open" ? "Everything here is done." : "None."
  return shown < wanted ? \`\${wanted - shown} more; filter to find them.\` : ""
}

const agentName = (task , { teams } ) => {
  const id = task.live_run_id === null ? task.assignee_id : task.last_agent_id
  const wanted = id ?? task.last_agent_id
  return teams.get(task.team_id)?.agents.find((agent) => agent.id === wanted)?.name
}

const dependencies = (task , { tasks } ) =>
  task.depends_on.map((id) => [id, tasks.get(id)?.status ?? "unknown"])

const cells = (task , world , show ) => {
  const { attempts, branch, id, priority, tags, title } = task
  const main = el(
    "td",
    { class: "main" },
    el(
      "div",
      { class: "title" },
      el("span", { class: "number" }, \`#\${id}\`),
      button(title, () => show(task), { class: "link", "data-key": \`task-\${id}\` })
    ),
    el(
      "div",
      { class: "meta" },
      waitsFor(task) === "failed" && el("span", { class: "failed-run" }, "run failed"),
      task.hold !== null &&
        task.hold !== "approval" &&
        el("span", { class: "failed-run" }, words(task.hold)),
      branch !== "" && el("code", {}, branch),
      ...after(task, world),
      ...tags.map((tag) => el("span", { class: "tag" }, tag))
    )
  )
  return [
    main,
    el("td", { "data-label": "Status" }, statusBadge(task)),
    el("td", { "data-label": "Priority", class: \`priority \${priority}\` }, priority),
    el(
      "td",
      { "data-label": "Agent" },
      agentName(task, world) ?? el("span", { class: "quiet" }, "none")
    ),
    el("td", { "data-label": "Runs", class: "count" }, attempts)
  ]
}

const after = (task , world ) =>
  task.depends_on.length === 0
    ? []
    : [
        el(
          "span",
          {},
          "after ",
          ...dependencies(task, world).map(([id, status]) =>
            el(
              "a",
              { href: \`#task-\${id}\`, class: \`dependency \${status}\`, title: words(status) },
              \`#\${id}\`,
              el("span", { class: "unseen" }, \` (\${words(status)})\`)
            )
          )
        )
      ]

export const statusChoices = (
  { tasks } ,
  chosen ,
  choose
) =>
  (["open", ...statuses, "all"] ).flatMap((status) => {
    const count = [...tasks.values()].filter((task) => matchesStatus(task, status)).length
    if (count === 0 && status !== "open" && status !== "all" && status !== chosen) return []
    return button(\`\${words(status)} \${count}\`, () => choose(status), {
      class: "chip",
      "aria-pressed": String(status === chosen),
      "data-key": \`status-\${status}\`
    })
  })
`,
  "tasks.css": `.team {
  background: var(--panel);
  border: 1px solid var(--line);
  border-radius: 8px;
  margin-bottom: 16px;
}

.team > header {
  display: flex;
  flex-wrap: wrap;
  align-items: baseline;
  gap: 4px 14px;
  padding: 9px 14px;
  font-size: 12px;
}

.team > header h3 {
  font-size: 14px;
}

.team > header h3 .quiet {
  font-weight: 400;
}

.team > .note {
  padding: 6px 14px 10px;
}

.agents {
  display: flex;
  flex-wrap: wrap;
  gap: 2px 12px;
  margin-left: auto;
}

.agent {
  display: flex;
  align-items: center;
  gap: 5px;
  color: var(--quiet);
}

.agent.working {
  color: var(--blue);
}

.team th {
  white-space: nowrap;
  font-size: 11px;
  font-weight: 500;
  color: var(--quiet);
  text-align: left;
  padding: 3px 14px;
  border-block: 1px solid var(--line);
  background: var(--sunk);
}

.team td {
  padding: 6px 14px;
  border-bottom: 1px solid var(--line);
  vertical-align: top;
  white-space: nowrap;
}

.team td.main {
  white-space: normal;
}

.team table {
  table-layout: fixed;
}

.team th:nth-child(2) {
  width: 136px;
}

.team th:nth-child(3) {
  width: 96px;
}

.team th:nth-child(4) {
  width: 132px;
}

.team th:nth-child(5) {
  width: 64px;
}

.team td:nth-child(4) {
  overflow: hidden;
  text-overflow: ellipsis;
}

.failed-run {
  color: var(--red);
}

.team tr:last-child td {
  border-bottom: 0;
}

.team tr:target td {
  background: var(--sunk);
}

.team tr.over .link {
  color: var(--quiet);
}

.title {
  display: flex;
  gap: 8px;
  align-items: baseline;
}

.number {
  color: var(--quiet);
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
}

.meta {
  display: flex;
  flex-wrap: wrap;
  gap: 2px 12px;
  font-size: 12px;
  color: var(--quiet);
}

.meta code {
  font-size: 11.5px;
}

.tag {
  background: var(--sunk);
  border-radius: 4px;
  padding: 0 6px;
}

.dependency {
  color: var(--amber);
  margin-right: 5px;
  text-decoration: none;
}

.dependency.done {
  color: var(--green);
  text-decoration: line-through;
}

.dependency.cancelled {
  color: var(--red);
}

.count {
  font-variant-numeric: tabular-nums;
}

.priority {
  color: var(--quiet);
}

.priority.critical {
  color: var(--red);
  font-weight: 600;
}

.priority.high {
  color: var(--amber);
}

.badge {
  display: inline-flex;
  align-items: center;
  gap: 6px;
  font-size: 13px;
  color: var(--gray);
  white-space: nowrap;
}

.badge.in_progress {
  color: var(--blue);
}

.badge.in_review {
  color: var(--violet);
}

.badge.in_approval {
  color: var(--amber);
}

.badge.merging {
  color: var(--teal);
}

.badge.done {
  color: var(--green);
}

.badge.held {
  color: var(--red);
}

.dot {
  width: 8px;
  height: 8px;
  border-radius: 50%;
  background: currentColor;
  flex: none;
}

.badge.todo .dot,
.badge.cancelled .dot,
.agent:not(.working) .dot {
  background: none;
  box-shadow: inset 0 0 0 1.5px currentColor;
}

@media (prefers-reduced-motion: no-preference) {
  .dot.live {
    animation: breathe 1.8s ease-in-out infinite;
  }
}

@keyframes breathe {
  50% {
    opacity: 0.35;
  }
}

@media (max-width: 640px) {
  .team thead {
    position: absolute;
    clip-path: inset(50%);
  }

  .team tr {
    display: flex;
    flex-wrap: wrap;
    gap: 2px 14px;
    padding: 8px 12px;
    border-top: 1px solid var(--line);
    font-size: 13px;
  }

  .team td {
    padding: 0;
    border: 0;
  }

  .team td.main {
    flex: 1 0 100%;
  }

  .team td.count::before {
    content: "runs ";
    color: var(--quiet);
  }

  .agents {
    margin-left: 0;
  }
}
`,
  "waiting.js": `import { get, post, Refused } from "./api.js"
import { announce, arrange, button, el, legible } from "./elements.js"
import {

  inOrder,

  waitsFor,
  words
} from "./model.js"

export const waitingList = (place , show ) => {
  const cards = new Map ()
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

export const isDueHere = (task , { approvals } ) => {
  const reason = waitsFor(task)
  return reason === "decision" ? !approvals.has(task.approval_id ?? "") : reason !== undefined
}

export const rejection = (
  send ,
  { label, most, otherwise }
) => {
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

const mostCards = 50

const keyOf = (task ) =>
  [task.id, waitsFor(task), task.last_run_id, task.head_commit, task.hold, task.title].join(" ")

const headline = {
  review: "Review",
  approval: "Merge",
  decision: "Needs approval",
  held: "Held",
  failed: "Run failed"
}

const cardOf = (task , world , show ) => {
  const reason = waitsFor(task) ?? "review"
  const said = el("p", { class: "said" })
  const problem = el("p", { class: "problem", role: "alert" })
  const until = reason === "held" ? task.held_until : null
  const card = el(
    "article",
    { class: \`card \${reason}\`, "aria-label": \`Task \${task.id}: \${headline[reason]}\` },
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
      el("span", { class: "number" }, \`#\${task.id}\`),
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

const sayLast = async (task , place ) => {
  if (task.hold?.startsWith("approval") === true && task.approval_id !== null) {
    const path = \`/api/v1/approvals/\${task.approval_id}\`
    const approval = await get (path).catch(() => undefined)
    place.textContent = legible(approval === undefined ? "" : whyNot(approval))
    return
  }
  if (task.last_run_id === null) return
  const run = await get (\`/api/v1/task-runs/\${task.last_run_id}\`).catch(() => undefined)
  const cause = run?.status === "succeeded" ? null : run?.cause
  place.textContent = [cause, run?.answer?.slice(0, 280)].filter(Boolean).join(": ")
}

export const whyNot = ({
  decisions,
  reason,
  rejection_reason: no,
  status
} ) => {
  if (status === "expired") return \`Nobody decided in time: \${reason}\`
  if (status !== "rejected") return reason
  const by = decisions.findLast(({ verdict }) => verdict === "reject")?.by
  return no === reason ? \`Forbidden: \${reason}\` : \`\${by ?? "Somebody"} said no: \${no} (\${reason})\`
}

const actionsOf = (task , reason , show , problem ) => {
  const path = \`/api/v1/tasks/\${task.id}\`
  const bar = el("div", { class: "actions" })
  const act = async (done , change ) => {
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
    () => act(\`Task \${task.id} is queued\`, () => post(\`\${path}/retry\`, {})),
    primary
  )
  const approve = button(
    "Approve",
    () => act(\`Task \${task.id} is approved\`, () => judge(path, "approve", {})),
    primary
  )
  const merge = button(
    "Merge",
    () => act(\`Task \${task.id} merges\`, () => post(\`\${path}/status\`, { status: "merging" })),
    primary
  )
  const back = button("Send back", () =>
    act(\`Task \${task.id} goes back\`, () => post(\`\${path}/status\`, { status: "in_progress" }))
  )
  const reject = button("Reject", () => {
    const send = (summary ) =>
      void act(\`Task \${task.id} goes back\`, () => judge(path, "reject", { summary }))
    const form = rejection(send, { label: "What should change?", most: 100_000 })
    form.addEventListener("reset", () => form.replaceWith(bar))
    bar.replaceWith(form)
    form.querySelector("textarea")?.focus()
  })
  const buttons = {
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

const judge = async (path , verdict , body ) => {
  try {
    return await post(\`\${path}/\${verdict}\`, body)
  } catch (error) {
    const isClosed = error instanceof Refused && noReview.includes(error.code)
    if (!isClosed) throw error
    await post(\`\${path}/reviews\`, {})
    return post(\`\${path}/\${verdict}\`, body)
  }
}

const noReview = ["ReviewNotFound", "AlreadyDecided"]

const messageOf = (error ) =>
  error instanceof Error ? error.message : String(error)
`,
  "world.js": `import { get, list } from "./api.js"

export const keep = (onChange ) => {
  const world = {
    organizations: new Map(),
    teams: new Map(),
    tasks: new Map(),
    approvals: new Map(),
    requests: new Map()
  }
  let stale = nothing()
  let timer
  const load = async () => {
    await readAll(world)
    onChange()
  }
  const flush = async () => {
    timer = undefined
    const { approvals, isAll, requests, tasks, teams } = stale
    stale = nothing()
    if (isAll || tasks.size + approvals.size + requests.size > mostSingly)
      await readAll(world).catch(() => undefined)
    else {
      await eachOf([...teams], (id) => readTeam(world, id))
      await eachOf([...tasks], (id) => readTask(world, id))
      await eachOf([...approvals], (id) => readApproval(world, id))
      await eachOf([...requests], (id) => readRequest(world, id))
    }
    onChange()
  }
  const soon = () => {
    timer ??= setTimeout(() => void flush(), burstMillis)
  }
  const note = (event ) => {
    mark(stale, world, event)
    soon()
  }
  const refresh = ({ id, task_id: task } ) => {
    stale.approvals.add(id)
    stale.tasks.add(task)
    soon()
  }
  return { world, load, note, refresh }
}

export const taskOf = ({ data, stream_id: stream } ) => {
  const named = /^task:(\\d+)$/.exec(stream)?.[1] ?? data["task_id"]
  const id = Number(named)
  return Number.isInteger(id) && id > 0 ? id : undefined
}

const burstMillis = 150
const mostSingly = 60
const atOnce = 6

const nothing = () => ({
  tasks: new Set(),
  teams: new Set(),
  approvals: new Set(),
  requests: new Set(),
  isAll: false
})

const mark = (stale , world , event ) => {
  const task = taskOf(event)
  const [kind] = event.type.split(".", 1)
  if (kind === "organization" || kind === "team") stale.isAll = true
  if (task !== undefined) stale.tasks.add(task)
  if (kind === "approval") stale.approvals.add(String(event.data["approval_id"]))
  if (kind === "human_request") stale.requests.add(Number(event.data["request_id"]))
  const team = event.data["team_id"] ?? world.tasks.get(task ?? 0)?.team_id
  if ((kind === "agent" || kind === "run") && typeof team === "string") stale.teams.add(team)
}

const readAll = async (world ) => {
  const organizations = await list ("/api/v1/orgs?limit=200")
  const teams = await Promise.all(
    organizations.map(({ id }) => list (\`/api/v1/orgs/\${id}/teams?limit=200\`))
  )
  world.organizations.clear()
  for (const one of organizations) world.organizations.set(one.id, one)
  await eachOf(
    teams.flat().map(({ id }) => id),
    async (id) => {
      await readTeam(world, id)
      for (const task of await list (\`/api/v1/teams/\${id}/tasks?limit=500\`)) {
        world.tasks.set(task.id, task)
      }
      await readRequests(world, id)
    }
  )
  const firsts = teams.flatMap(([first]) => (first === undefined ? [] : [first]))
  await eachOf(firsts, (team) => readApprovals(world, team))
}

const readTeam = async (world , id ) => {
  world.teams.set(id, await get (\`/api/v1/teams/\${id}\`))
}

const readTask = async (world , id ) => {
  world.tasks.set(id, await get (\`/api/v1/tasks/\${id}\`))
}

const readApprovals = async (world , { id, org_id: organization } ) => {
  const pending = await list (\`/api/v1/approvals?team_id=\${id}&limit=200\`)
  for (const { id: known, team_id: team } of world.approvals.values()) {
    if (world.teams.get(team)?.org_id === organization) world.approvals.delete(known)
  }
  for (const approval of pending) world.approvals.set(approval.id, approval)
}

const readApproval = async (world , id ) => {
  const approval = await get (\`/api/v1/approvals/\${id}\`)
  if (approval.status === "pending") world.approvals.set(id, approval)
  else world.approvals.delete(id)
}

const readRequests = async (world , teamId ) => {
  const pending = await list (\`/api/v1/teams/\${teamId}/pending-requests?limit=200\`)
  for (const { id, team_id: team } of world.requests.values()) {
    if (team === teamId) world.requests.delete(id)
  }
  for (const request of pending) world.requests.set(request.id, request)
}

const readRequest = async (world , id ) => {
  const request = await get (\`/api/v1/human-requests/\${id}\`)
  if (request.status === "pending") world.requests.set(id, request)
  else world.requests.delete(id)
}

const eachOf = async (items , read ) => {
  for (let at = 0; at < items.length; at += atOnce) {
    await Promise.allSettled(items.slice(at, at + atOnce).map(read))
  }
}
`
}
