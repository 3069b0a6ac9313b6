import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as fc from "fast-check"

import { Module } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const at = "2026-01-01T00:00:00.000000Z"
const later = "2026-01-02T00:00:00.000000Z"
const module = Module.example()
const { id: moduleId, projectId } = module
const states = Module.State.literals

describe("a module", () => {
  it("is created where its creator says", () => {
    const { createdAt: _, id: __, updatedAt: ___, ...wanted } = module
    const created: Module.ModuleEvent = { type: "module.created", data: { ...wanted, moduleId } }
    given(wanted)
      .when((wanted) => Module.create(wanted, { moduleId }))
      .then(created)
    assert.deepStrictEqual(Module.evolve(undefined, created, at), module)
  })

  it("moves only as its table says, and says what is allowed", () => {
    for (const from of states) {
      for (const to of states) {
        const here = Module.example({ boardState: from })
        const allowed = Module.transitions[from]
        const moved = given(here).when((module) => Module.move(module, to))
        if (allowed.includes(to)) {
          const event: Module.ModuleEvent = {
            type: "module.state_changed",
            data: { moduleId, projectId, from, to }
          }
          moved.then(event)
          assert.strictEqual(Module.evolve(here, event, later)?.boardState, to)
        } else {
          moved.thenRejected(new Module.IllegalModuleMove({ moduleId, from, to, allowed }))
        }
      }
    }
  })

  it("never stays where it is by a move, and comes back from everywhere", () => {
    for (const from of states) assert.notInclude(Module.transitions[from], from)
    const reached = new Set<Module.State>(["done"])
    for (const _ of states) {
      for (const state of reached) Module.transitions[state].forEach((to) => reached.add(to))
    }
    assert.sameMembers([...reached], [...states])
  })

  it("changes what is named and nothing else", () => {
    const updated: Module.ModuleEvent = {
      type: "module.updated",
      data: { moduleId, projectId, paths: ["lib/"] }
    }
    given(module)
      .when((module) => Module.update(module, { paths: ["lib/"] }))
      .then(updated)
    assert.deepStrictEqual(Module.evolve(module, updated, later), {
      ...module,
      paths: ["lib/"],
      updatedAt: later
    })
    given(module)
      .when((module) => Module.update(module, {}))
      .thenNothing()
  })
})

describe("a path of a module", () => {
  it("stays inside its repository", () => {
    for (const path of ["src", "src/", "src/api/main.ts", "a b/ü", ".github/"]) {
      assert.isTrue(Module.isInside(path), path)
    }
    const outside = ["", "/", "/etc", "..", "../x", "a/../b", "./a", "a//b", "a\\b", "a\u0000", "."]
    for (const path of outside) assert.isFalse(Module.isInside(path), path)
  })

  it("is never a way out, whatever it is made of", () => {
    const part = fc.constantFrom("..", ".", "a", "b", "", "/", "\\", " ")
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const path = parts.join("/")
        if (!Module.isInside(path)) return
        const { pathname } = new URL(encodeURI(path), "file:///repository/")
        assert.isTrue(pathname.startsWith("/repository/"), path)
      })
    )
  })

  it("is refused by the schema with words that help", () => {
    const { message } = Result.getOrThrow(Result.flip(Schema.decodeResult(Module.Path)("../x")))
    assert.include(message, "Expected a path inside the repository, as src/api/")
  })
})
