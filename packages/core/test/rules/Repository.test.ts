import { execFileSync } from "node:child_process"

import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"

import { Identifier, Repository } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const repositoryId = Identifier.RepositoryId.make("00000000-0000-7000-8000-0000000000c1")
const wanted = {
  teamId: Identifier.TeamId.make("00000000-0000-7000-8000-000000000001"),
  name: "app",
  localPath: "/src/app",
  defaultBranch: "main",
  config: {}
}

describe("a repository", () => {
  const registered: Repository.RepositoryEvent = {
    type: "repo.registered",
    data: { repositoryId, ...wanted }
  }

  it("is registered as wanted, whatever lies at its path", () => {
    GivenWhenThen.given(wanted)
      .when((wanted) => Repository.register(wanted, { repositoryId }))
      .then(registered)
  })

  it("is what was recorded of it, at that time", () => {
    const at = "2026-01-01T00:00:00.000000Z"
    assert.deepStrictEqual(Repository.evolve(undefined, registered, at), {
      ...wanted,
      id: repositoryId,
      createdAt: at
    })
    assert.strictEqual(
      new Repository.RepositoryNotFound({ repositoryId: "x" }).message,
      "Repository not found"
    )
  })
})

describe("the name of a branch", () => {
  const right = ["main", "feature/login", "a./b", "é", "x@y", "a-b", "refs/heads/x", "a{b"]
  const wrong = [
    ["", "-x", "--upload-pack=x", "HEAD", "a..b", "a.", "a.lock", "a.lock/b", ".a", "a/.b"],
    ["/a", "a/", "a//b", "a b", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b", "a@{b"],
    ["a\nb", "a\u007fb", "a\tb"]
  ].flat()

  it("is what git takes for one", () => {
    assert.deepStrictEqual(right.filter(Repository.isBranchName), right)
    assert.deepStrictEqual(wrong.filter(Repository.isBranchName), [])
  })

  it("is judged as git itself judges it", () => {
    for (const name of ["a./b", "x@y", "a{b", "HEAD", "a.lock", "a@{b", "a\\b", "-x"]) {
      assert.strictEqual(Repository.isBranchName(name), isBranchOfGit(name), name)
    }
  })

  it("has at most 100 characters in a repository's settings", () => {
    const accepts = Schema.is(Repository.BranchName)
    assert.isTrue(accepts("a".repeat(100)))
    assert.isFalse(accepts("a".repeat(101)))
    assert.isFalse(accepts("a..b"))
  })
})

const isBranchOfGit = (name: string): boolean => {
  try {
    execFileSync("git", ["check-ref-format", "--branch", name], { stdio: "ignore" })
    return true
  } catch {
    return false
  }
}
