import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { catalogue } from "../../src/operations/catalogue.ts"
import * as Operation from "../../src/operations/Operation.ts"
import * as Route from "../../src/operations/Route.ts"

const places = (operation: Operation.Any) =>
  Object.fromEntries(Route.of(operation).fields.map(({ name, place }) => [name, place]))

describe("a route", () => {
  it("splits an input by path template and method", () => {
    assert.deepInclude(places(catalogue.changeTaskStatus), { task_id: "path", status: "body" })
    assert.deepInclude(places(catalogue.listTasks), { team_id: "path", limit: "query" })
    assert.deepStrictEqual(places(catalogue.removeDependency), {
      task_id: "path",
      depends_on_id: "path"
    })
  })

  it.each<readonly [Operation.Any, Record<string, unknown>]>([
    [catalogue.changeTaskStatus, { task_id: 7, status: "done" }],
    [catalogue.listTasks, { team_id: "a/b ü", status: "true", limit: 3, offset: 0 }],
    [catalogue.getInbox, { agent_id: "x", unprocessed_only: false }],
    [catalogue.createTask, { team_id: "x", title: "7", depends_on: [1, 2] }],
    [catalogue.ping, {}]
  ])("brings an input through a request and back", (operation, input) => {
    const route = Route.of(operation)
    const { body, url } = Route.split(route, input)
    const { pathname, searchParams } = new URL(url, "http://localhost")
    const named = route.path.split("/").flatMap((part, at) => {
      const value = decodeURIComponent(pathname.split("/")[at] ?? "")
      return part.startsWith(":") ? [[part.slice(1), value]] : []
    })
    const path = Object.fromEntries(named)
    const query = Object.fromEntries(searchParams)
    assert.deepStrictEqual(Route.join(route, { path, query, body }), input)
  })

  it("lets no body overrule the path", () => {
    const parts = { path: { task_id: "7" }, query: {}, body: { task_id: 8, status: "done" } }
    const input = Route.join(Route.of(catalogue.changeTaskStatus), parts)
    assert.deepStrictEqual<unknown>(input, { task_id: 7, status: "done" })
  })

  it("leaves text that does not fit to the schema, which refuses it", () => {
    const parts = { path: { team_id: "x" }, query: { limit: "many" }, body: {} }
    assert.deepInclude(Route.join(Route.of(catalogue.listTasks), parts), { limit: "many" })
  })

  it("refuses a template that names no field", () => {
    const stray = Operation.make("stray", {
      title: "Stray",
      description: "Has no such field.",
      kind: "query",
      permission: "task:read",
      http: { method: "GET", path: "/:task_id" },
      cli: "stray",
      input: {},
      output: Schema.String,
      errors: []
    })
    assert.throws(() => Route.of(stray), "stray: the input has no field :task_id")
  })
})
