import { Operation, Task } from "@foreman/core"
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { handlersIn, problemsOf, shared, unbound } from "../../src/tidy/OperationRules.ts"
import { parse } from "../../src/tidy/SourceFile.ts"

const good = Operation.make("get_task", {
  title: "Get task",
  description: "Shows a task.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/tasks/:task_id" },
  cli: "task show",
  input: { taskId: Schema.Int },
  output: Schema.String,
  errors: [Task.TaskNotFound]
})
const problems = (changes: Partial<Operation.Any>, key = "getTask") =>
  problemsOf([key, { ...good, ...changes }])

describe("an operation", () => {
  it("says everything about itself", () => expect(problems({})).toEqual([]))

  it.each([
    [{ description: "" }, "has no description in sentences"],
    [{ description: "shows a task" }, "has no description in sentences"],
    [{ title: "" }, "has no title"],
    [{ cli: " " }, "has no command line"],
    [{ name: "show_task" }, "is called show_task on the wire"],
    [{ http: { method: "GET", path: "/tasks/:id" } }, "get_task: the input has no field :id"]
  ] as const)("is found out: %o", (changes, problem) =>
    expect(problems(changes)).toEqual([problem])
  )

  it("refuses with a class that has a tag, a status and fields of its own", () => {
    class Odd extends Schema.TaggedError<Odd>()("Odd", { detail: Schema.String }) {}
    expect(problems({ errors: [Odd] })).toEqual([
      "refuses with Odd, which has no status",
      "refuses with Odd, whose detail is taken"
    ])
    expect(problems({ errors: [Schema.Struct({ a: Schema.String })] })).toContain(
      "refuses without a tag"
    )
  })
})

describe("operations together", () => {
  it("have places of their own", () => {
    const other = { ...good, http: { method: "GET", path: "/tasks/:other" }, cli: "x" } as const
    expect(
      shared([
        ["a", good],
        ["b", other]
      ])
    ).toEqual(["a and b are both GET /tasks/:_"])
    expect(
      shared([
        ["a", good],
        ["b", { ...other, http: { method: "PUT", path: "/x" } }]
      ])
    ).toEqual([])
  })

  it("have a handler each", () => {
    const text = `export const handlers = Effect.gen(function* () {
      const tasks = yield* Tasks
      return { a: tasks.get, c: tasks.list }
    })`
    const bound = handlersIn(parse("packages/core/src/handlers/handlers.ts", text))
    expect(
      unbound(
        [
          ["a", good],
          ["b", good]
        ],
        bound
      )
    ).toEqual(["b has no handler", "c is no operation"])
  })
})
