import { assert, describe, it } from "@effect/vitest"

import { Identifier, Project } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const at = "2026-01-01T00:00:00.000000Z"
const later = "2026-01-02T00:00:00.000000Z"
const projectId = Identifier.ProjectId.make("shop")
const wanted: Project.Wanted = {
  teamId: Identifier.TeamId.make("00000000-0000-7000-8000-000000000001"),
  name: "Shop",
  description: "",
  repositoryId: null,
  repoRoot: "",
  policy: Project.defaultPolicy,
  manager: null
}
const project: Project.Project = { ...wanted, id: projectId, createdAt: at, updatedAt: at }

describe("a project", () => {
  it("is created with what its creator decides", () => {
    const created: Project.ProjectEvent = {
      type: "project.created",
      data: { ...wanted, projectId }
    }
    given(wanted)
      .when((wanted) => Project.create(wanted, { projectId }))
      .then(created)
    assert.deepStrictEqual(Project.evolve(undefined, created, at), project)
  })

  it("changes what is named and nothing else", () => {
    const updated: Project.ProjectEvent = {
      type: "project.updated",
      data: { projectId, name: "Store", repoRoot: "/src/store" }
    }
    given(project)
      .when((project) => Project.update(project, { name: "Store", repoRoot: "/src/store" }))
      .then(updated)
    assert.deepStrictEqual(Project.evolve(project, updated, later), {
      ...project,
      name: "Store",
      repoRoot: "/src/store",
      updatedAt: later
    })
    assert.isUndefined(Project.evolve(undefined, updated, at))
  })

  it("records nothing when nothing is named", () => {
    given(project)
      .when((project) => Project.update(project, {}))
      .thenNothing()
  })

  it("is judged strictly unless somebody says otherwise", () => {
    assert.strictEqual(Project.defaultPolicy, "strict")
  })
})
