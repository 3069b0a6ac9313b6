import { assert, describe, it } from "@effect/vitest"

import { Prompt, Task } from "@foreman/core"

const facts = { hasRepository: true, feedback: null }

describe("the prompt of a run", () => {
  it("begins with the task and its description", () => {
    const prompt = Prompt.of(Task.example({ title: "Add a licence", description: "MIT" }), facts)
    assert.match(prompt, /^# Task 1: Add a licence\n\nMIT\n\n/)
  })

  it("leaves out an empty description", () => {
    assert.notInclude(Prompt.of(Task.example(), facts), "\n\n\n")
  })

  it("says why a task came back, only when it did", () => {
    const back = Prompt.of(Task.example(), { ...facts, feedback: "The tests fail" })
    assert.include(back, "## Why it came back\n\nThe tests fail")
    assert.notInclude(Prompt.of(Task.example(), facts), "came back")
  })

  it("names the folder for what people are to look at, where there is one", () => {
    const prompt = Prompt.of(Task.example(), { ...facts, hasFolder: true })
    assert.include(prompt, "FOREMAN_RUN_ARTIFACTS")
    assert.notInclude(Prompt.of(Task.example(), facts), "FOREMAN_RUN_ARTIFACTS")
  })

  it("names the branch where there is a repository", () => {
    assert.include(Prompt.of(Task.example(), facts), "task-1-an-example")
    const without = Prompt.of(Task.example(), { ...facts, hasRepository: false })
    assert.notInclude(without, "task-1-an-example")
  })
})
