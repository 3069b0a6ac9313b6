import { Actor } from "@foreman/core"
import { assert, describe, it } from "@effect/vitest"
import { readFileSync } from "node:fs"
import { operations, toolList } from "../src/ToolList.ts"
import { narrow } from "../src/ToolRole.ts"
import { beyond, contract, lists, queries } from "./contract.ts"

const list = toolList()
const named = (name: string) => list.tools.find((tool) => tool.name === name)!
const roles = ["manager", "engineer", "reviewer"] as const

describe("the list of tools", () => {
  it("has exactly the contract's tools, and those that are told beside it", () => {
    assert.sameMembers(
      list.tools.map(({ name }) => name),
      [...Object.keys(contract), ...beyond]
    )
  })

  it.each(Object.entries(contract))(
    "gives %s the contract's parameters, and those that every tool of its kind has",
    (name, [parameters, defaults = {}]) => {
      const { inputSchema } = named(name)
      const wanted = parameters.split(" ").filter((parameter) => parameter !== "")
      const common = queries.includes(name)
        ? lists.includes(name)
          ? ["limit", "cursor"]
          : []
        : ["idempotency_key"]
      const fields = Object.entries<Record<string, unknown>>(Object(inputSchema.properties))
      assert.sameMembers(
        fields.map(([field]) => field),
        [...wanted.map((parameter) => parameter.replace("?", "")), ...common]
      )
      assert.sameMembers(
        inputSchema.required ?? [],
        wanted.filter((parameter) => !parameter.endsWith("?"))
      )
      assert.strictEqual(inputSchema["additionalProperties"], false)
      const shown = fields.flatMap(([field, schema]) =>
        "default" in schema ? [[field, schema["default"]]] : []
      )
      assert.deepStrictEqual(Object.fromEntries(shown), defaults)
    }
  )

  it.each(list.tools.map((tool) => [tool.name, tool] as const))(
    "describes the answer of %s flatly, and has words and all four hints",
    (name, { annotations, description, outputSchema, title }) => {
      assert.isNotEmpty(title)
      assert.isNotEmpty(description)
      assert.strictEqual(outputSchema?.type, "object")
      assert.notProperty(outputSchema, "anyOf")
      assert.isNotEmpty(outputSchema?.properties)
      const operation = operations().find((one) => one.name === name)
      if (operation?.isList === true) {
        assert.sameMembers(Object.keys(outputSchema?.properties ?? {}), ["items", "next_cursor"])
      }
      const isQuery = operation?.kind !== "command"
      assert.deepStrictEqual(annotations, {
        readOnlyHint: isQuery,
        destructiveHint: false,
        idempotentHint: isQuery,
        openWorldHint: false
      })
    }
  )

  it("is the list that is checked in", () => {
    const file = readFileSync(new URL("../tools.json", import.meta.url), "utf8")
    assert.deepStrictEqual<unknown>(JSON.parse(file), JSON.parse(JSON.stringify(list)))
  })

  it.each(roles)("gives the role %s only tools that the role may use", (role) => {
    const set = operations(role)
    assert.isNotEmpty(set)
    for (const { name, permission } of set) {
      assert.isTrue(Actor.may({ role }, permission), `${name} needs ${permission}`)
    }
    assert.deepStrictEqual(
      narrow(list, role)
        .map(({ name }) => name)
        .filter((name) => name !== "dry_run"),
      set.map(({ name }) => name)
    )
  })

  it("costs an engineer's agent at most eight tools and 2,000 tokens", () => {
    const set = narrow(list, "engineer")
    const text = set.map(({ description, inputSchema, name }) => [name, description, inputSchema])
    assert.isAtMost(set.length, 8)
    assert.isAtMost(Buffer.byteLength(JSON.stringify(text)) / 4, 2000)
  })
})
