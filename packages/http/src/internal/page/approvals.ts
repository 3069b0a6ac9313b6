/**
 * What a person lets happen or not: each approval with the exact action, why it is asked for and what
 * harm it can do, and the buttons that decide.
 */
import { get, post, Refused } from "./api.ts"
import { announce, arrange, button, el } from "./elements.ts"
import { type Approval, inQueue, type Task } from "./model.ts"
import type { Show } from "./taskList.ts"
import { rejection } from "./waiting.ts"
import type { World } from "./world.ts"

// rules -----------------------------------------------------------------------

/** Says what came of a decision that was taken: others may still have to agree. */
export const outcomeOf = ({ decisions, quorum, status, task_id: task }: Approval): string => {
  if (status === "rejected") return `Rejected: task ${task}`
  if (status !== "pending") return `Approved: task ${task}`
  const missing = quorum - decisions.length
  return `You have agreed; ${missing} more ${missing === 1 ? "has" : "have"} to`
}

/** Says why a decision was not taken, from the refusal and from how the approval stands now. */
export const refusalOf = (error: unknown, now: Approval | undefined): string => {
  const said = error instanceof Error ? error.message : String(error)
  if (!(error instanceof Refused)) return said
  if (error.status === 403) return `You may not decide this. ${said}`
  if (error.status === 404) return "This approval is not there any more"
  if (error.status !== 409 && error.status !== 410) return said
  switch (now?.status) {
    case "rejected":
      return `Somebody has rejected this already: ${now.rejection_reason ?? "no reason given"}`
    case "approved":
    case "used":
      return "Somebody has approved this already, and that stands"
    case "expired":
      return endings[now.expiry_reason ?? ""] ?? "This has expired, so nobody decides it any more"
    default:
      return said
  }
}

/** What the agent is asked to do, or asks to do, in the words that are approved. */
export const wordingOf = ({ action, kind }: Pick<Approval, "action" | "kind">): string => {
  const parts =
    kind === "command" ? [action["asked"]] : [action["description"], action["acceptance"]]
  return parts.filter((part) => typeof part === "string" && part !== "").join("\n\n")
}

const endings: Readonly<Record<string, string>> = {
  timeout: "This has expired: nobody decided it in time",
  changed: "This has expired: its task has been changed since, and is asked for anew",
  moved: "This has expired: its task has gone elsewhere since",
  run_ended: "This has expired: the run that asked is over"
}

/** Who of how many has agreed. */
export const agreedOf = ({ decisions, quorum }: Pick<Approval, "decisions" | "quorum">): string => {
  const names = decisions.map(({ by }) => by).join(", ")
  return `${decisions.length} of ${quorum}${names === "" ? "" : `: ${names}`}`
}

// services --------------------------------------------------------------------

/** Makes what draws the approvals; a card stays as it is while somebody writes in it. */
export const approvalList = (
  place: Element,
  show: Show,
  refresh: (approval: Approval) => void
): ((world: World) => number) => {
  const cards = new Map<string, HTMLElement>()
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

// internal --------------------------------------------------------------------

const mostCards = 50

/** A card is drawn anew when somebody else has agreed, or its task has become known. */
const keyOf = ({ decisions, id, task_id: task }: Approval, { tasks }: World): string =>
  [id, decisions.length, tasks.has(task)].join(" ")

const headline: Readonly<Record<Approval["kind"], string>> = {
  dispatch: "Needs approval to start",
  command: "An agent asks for approval",
  merge: "Needs approval to merge"
}

/** Whoever was in a card that goes is on the next one: not on a button that would decide that too. */
const keepingFocus = (place: Element, change: () => void) => {
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
  approval: Approval,
  world: World,
  show: Show,
  refresh: (approval: Approval) => void
): HTMLElement => {
  const { kind, risk, summary, task_id: taskId, team_id: teamId } = approval
  const task = world.tasks.get(taskId)
  const wording = wordingOf(approval)
  const problem = el("p", { class: "problem", role: "alert" })
  const card: HTMLElement = el(
    "article",
    { class: "card decision", tabindex: -1, "aria-label": `Task ${taskId}: ${headline[kind]}` },
    el(
      "div",
      { class: "reason" },
      el("strong", {}, headline[kind]),
      el("span", { class: `risk ${risk}` }, `${risk} risk`),
      el("span", { class: "quiet" }, world.teams.get(teamId)?.name)
    ),
    el(
      "div",
      { class: "title" },
      el("span", { class: "number" }, `#${taskId}`),
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
    // What a running agent asks is in its words already.
    kind !== "command" && exactly(approval),
    deciding(approval, task, { card: () => card, problem, refresh }),
    problem
  )
  return card
}

const factsOf = (approval: Approval, { teams }: World): HTMLElement => {
  const { agent_id: agentId, expires_at: end, policy, quorum, reason, rule } = approval
  const agent = teams.get(approval.team_id)?.agents.find(({ id }) => id === agentId)
  const fact = (name: string, ...value: ReadonlyArray<Node | string>) => [
    el("dt", {}, name),
    el("dd", {}, ...value)
  ]
  return el(
    "dl",
    { class: "asked-facts" },
    ...fact("Why", reason),
    ...fact("Rule", el("code", {}, rule), ` of ${policy}`),
    ...(agent === undefined ? [] : fact("Agent", agent.name)),
    ...(end === null
      ? []
      : fact("Until", el("time", { datetime: end }, new Date(end).toLocaleString()))),
    ...(quorum === 1 ? [] : fact("Agreed", agreedOf(approval)))
  )
}

/** The whole action: a task is approved with its agent, its place and what it may write. */
const exactly = ({ action }: Approval): HTMLElement =>
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

interface Around {
  readonly card: () => HTMLElement
  readonly problem: HTMLElement
  readonly refresh: (approval: Approval) => void
}

const deciding = (
  approval: Approval,
  task: Task | undefined,
  { card, problem, refresh }: Around
): HTMLElement => {
  const path = `/api/v1/approvals/${approval.id}`
  const place = el("div", { class: "answering" })
  /** What is said on a card that is about to go, or to be drawn anew, would go with it. */
  const say = (words: string, now: Approval | undefined) => {
    const stays = now?.status === "pending" && now.decisions.length === approval.decisions.length
    if (now === undefined || stays) problem.textContent = words
    else {
      card().setAttribute(decidingHere, "")
      announce(words)
    }
  }
  const decide = async (verdict: "approve" | "reject", body: object) => {
    problem.textContent = ""
    place.inert = true
    try {
      const after = await post<Approval>(`${path}/${verdict}`, body)
      say(outcomeOf(after), after)
    } catch (error) {
      const now = await get<Approval>(path).catch(() => undefined)
      say(refusalOf(error, now), now)
    }
    place.inert = false
    refresh(approval)
  }
  const which = `task ${task?.id ?? approval.task_id}`
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
    { "aria-label": `Reject ${which}` }
  )
  const approve = button("Approve", () => void decide("approve", {}), {
    class: "primary",
    "aria-label": `Approve ${which}`
  })
  bar.append(approve, reject)
  place.append(bar)
  return place
}
