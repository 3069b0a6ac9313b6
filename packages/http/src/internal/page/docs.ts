/**
 * The page at `/docs`: the OpenAPI document, to read and to search.
 */
import { copyButton, el, fill, find } from "./elements.ts"
import { type Operation, operationsOf, rowsOf, type Schema, tryItOf } from "./openapi.ts"

// services --------------------------------------------------------------------

const start = async (): Promise<void> => {
  const response = await fetch("/openapi.json")
  const document_: unknown = await response.json()
  const { description, operations, version } = operationsOf(document_)
  find("about").textContent = `version ${version}, ${operations.length} operations`
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

// internal --------------------------------------------------------------------

const linkOf = ({ id, method, summary }: Operation) =>
  el(
    "li",
    {},
    el("a", { href: `#${id}` }, el("span", { class: `method ${method}` }, method), summary)
  )

const sectionOf = (operation: Operation) => {
  const { body, description, id, method, parameters, path, permission, responses, summary } =
    operation
  const curl = tryItOf(operation, location.origin)
  return el(
    "section",
    { id, class: "operation" },
    el("h2", {}, el("a", { href: `#${id}` }, summary)),
    el(
      "p",
      { class: "path" },
      el("span", { class: `method ${method}` }, method),
      el("code", {}, path)
    ),
    el("p", {}, description),
    el(
      "p",
      { class: "quiet" },
      permission === undefined ? "" : `Permission ${permission}. `,
      "Tool and operation name ",
      el("code", {}, id)
    ),
    parameters.length > 0 && el("h3", {}, "Parameters"),
    parameters.length > 0 &&
      fields(
        parameters.map(({ name, place, required, schema }) => [
          `${name} (${place})`,
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
        { class: `response s${status[0] ?? ""}` },
        el("summary", {}, el("strong", {}, status), ` ${words}`),
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

const fields = (rows: ReadonlyArray<readonly [string, boolean, Schema]>) =>
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

const search = (onChange: (words: ReadonlyArray<string>) => void) => {
  const field = find("search")
  if (!(field instanceof HTMLInputElement)) return
  field.addEventListener("input", () => onChange(field.value.toLowerCase().split(/\s+/)))
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target === field || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    field.focus()
  })
}

void start()
