/**
 * The tasks, team by team: what is under way first.
 */
import { arrange, button, el, fill } from "./elements.ts"
import {
  hasWords,
  inOrder,
  isFinal,
  type Status,
  statuses,
  type Task,
  type Team,
  waitsFor,
  words
} from "./model.ts"
import type { World } from "./world.ts"

// models ----------------------------------------------------------------------

export interface Filter {
  words: string
  /** One status, all that are not over, or all. */
  status: Status | "open" | "all"
}

export type Show = (task: Task) => void

// services --------------------------------------------------------------------

/** Makes what draws the tasks; it keeps its rows, so that the focus and the place stay. */
export const taskList = (place: Element, show: Show): ((world: World, filter: Filter) => void) => {
  const sections = new Map<string, HTMLElement>()
  const rows = new Map<number, { row: HTMLTableRowElement; drawn: string }>()
  const rowOf = (task: Task, world: World): HTMLTableRowElement => {
    const drawn = JSON.stringify([task, dependencies(task, world), agentName(task, world)])
    const known = rows.get(task.id) ?? { row: el("tr", { id: `task-${task.id}` }), drawn: "" }
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

export const matchesStatus = (task: Task, status: Filter["status"]): boolean =>
  status === "all" || (status === "open" ? !isFinal(task) : task.status === status)

/** A status as a word with a colour; a dot moves while an agent works. */
export const statusBadge = (task: Task): HTMLElement => {
  const [look, word] = standingOf(task)
  return el(
    "span",
    { class: `badge ${look}` },
    el("span", { class: task.live_run_id === null ? "dot" : "dot live", "aria-hidden": "true" }),
    word,
    task.live_run_id !== null && el("span", { class: "unseen" }, ", a run is live")
  )
}

/** The colour and the word of where a task stands: one that waits for a decision is not in trouble. */
export const standingOf = ({
  hold,
  status
}: Pick<Task, "hold" | "status">): readonly [look: string, word: string] => {
  if (hold === null) return [status, words(status)]
  return hold === "approval" ? ["in_approval", "needs approval"] : ["held", "held"]
}

// internal --------------------------------------------------------------------

const mostRows = 300

const isWanted = (task: Task, filter: Filter): boolean =>
  matchesStatus(task, filter.status) && hasWords(task, filter.words)

const inTeamOrder = ({ organizations, teams }: World): ReadonlyArray<Team> => {
  const nameOf = (team: Team) => `${organizations.get(team.org_id)?.name ?? ""} / ${team.name}`
  return [...teams.values()].toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))
}

const sectionOf = (): HTMLElement => {
  const heads = ["Task", "Status", "Priority", "Agent", "Runs"].map((name) =>
    el("th", { scope: "col" }, name)
  )
  const table = el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody"))
  return el("section", { class: "team" }, el("header"), table, el("p", { class: "note" }))
}

const drawSection = (
  section: HTMLElement,
  team: Team,
  tasks: ReadonlyArray<Task>,
  { organizations }: World
) => {
  const [head] = section.children
  const open = tasks.filter((task) => !isFinal(task)).length
  const agents = team.agents.map(({ model, name, role, status }) =>
    el(
      "li",
      { class: `agent ${status}`, title: `${role}, ${model}` },
      el("span", { class: status === "working" ? "dot live" : "dot", "aria-hidden": "true" }),
      name,
      el("span", { class: "unseen" }, `, ${role}, ${status}`)
    )
  )
  if (head) {
    fill(
      head,
      el(
        "h3",
        {},
        el("span", { class: "quiet" }, `${organizations.get(team.org_id)?.name ?? ""} / `),
        team.name
      ),
      el("span", { class: "quiet" }, `${open} open of ${tasks.length}`),
      el("ul", { class: "agents", "aria-label": "Agents" }, ...agents)
    )
  }
}

const noteOn = (all: number, wanted: number, shown: number, filter: Filter): string => {
  if (all === 0) return "No tasks yet."
  if (wanted === 0) return filter.status === "open" ? "Everything here is done." : "None."
  return shown < wanted ? `${wanted - shown} more; filter to find them.` : ""
}

const agentName = (task: Task, { teams }: World): string | undefined => {
  const id = task.live_run_id === null ? task.assignee_id : task.last_agent_id
  const wanted = id ?? task.last_agent_id
  return teams.get(task.team_id)?.agents.find((agent) => agent.id === wanted)?.name
}

const dependencies = (task: Task, { tasks }: World): ReadonlyArray<readonly [number, string]> =>
  task.depends_on.map((id) => [id, tasks.get(id)?.status ?? "unknown"])

const cells = (task: Task, world: World, show: Show): ReadonlyArray<Node> => {
  const { attempts, branch, id, priority, tags, title } = task
  const main = el(
    "td",
    { class: "main" },
    el(
      "div",
      { class: "title" },
      el("span", { class: "number" }, `#${id}`),
      button(title, () => show(task), { class: "link", "data-key": `task-${id}` })
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
    el("td", { "data-label": "Priority", class: `priority ${priority}` }, priority),
    el(
      "td",
      { "data-label": "Agent" },
      agentName(task, world) ?? el("span", { class: "quiet" }, "none")
    ),
    el("td", { "data-label": "Runs", class: "count" }, attempts)
  ]
}

const after = (task: Task, world: World): ReadonlyArray<Node> =>
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
              { href: `#task-${id}`, class: `dependency ${status}`, title: words(status) },
              `#${id}`,
              el("span", { class: "unseen" }, ` (${words(status)})`)
            )
          )
        )
      ]

/** The statuses to choose from, each with how many tasks have it. */
export const statusChoices = (
  { tasks }: World,
  chosen: Filter["status"],
  choose: (status: Filter["status"]) => void
): ReadonlyArray<HTMLElement> =>
  (["open", ...statuses, "all"] as const).flatMap((status) => {
    const count = [...tasks.values()].filter((task) => matchesStatus(task, status)).length
    // A status that no task has is not worth its place, but what is chosen stays.
    if (count === 0 && status !== "open" && status !== "all" && status !== chosen) return []
    return button(`${words(status)} ${count}`, () => choose(status), {
      class: "chip",
      "aria-pressed": String(status === chosen),
      "data-key": `status-${status}`
    })
  })
