import * as fs from "node:fs/promises"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"

import * as Given from "./given.ts"
import { git, on, copyOf, task } from "./given.ts"

describe("a repository", () => {
  const unusable = (
    name: string,
    sentence: RegExp,
    spoil: (world: Given.World) => Promise<Partial<Given.World["place"]>>
  ) =>
    it.live(
      `cannot be used when ${name}`,
      on(function* (given) {
        const spoilt = yield* Effect.promise(() => spoil(given))
        const repository = { ...given.place, ...spoilt }
        const refusal = yield* Effect.flip(
          given.workspace.prepare({ ...task(given, 1), repository })
        )
        assert.strictEqual(refusal._tag, "RepositoryUnusable")
        assert.match(refusal.message, sentence)
      })
    )

  const at = (path: string) => ({ localPath: path })

  unusable("its path is relative", /not absolute/, async () => at("user"))
  unusable("its path leads nowhere", /nothing at this path/, async () => at("/nowhere/at/all"))
  unusable("its path is a file", /no folder/, async ({ user }) => at(join(user, "readme.md")))
  unusable("it is a folder inside one", /not the top folder/, async ({ user }) =>
    at(join(user, "src"))
  )
  unusable("it is a plain folder", /not the top folder/, async () => at(await Given.folder()))
  unusable("it is the .git of one", /inside a \.git folder/, async ({ user }) =>
    at(join(user, ".git"))
  )
  unusable("it is inside the .git of one", /not the top folder/, async ({ user }) =>
    at(join(user, ".git", "refs"))
  )
  unusable("its branch is missing", /no branch nowhere/, async () => ({ defaultBranch: "nowhere" }))
  unusable("its branch has an option for a name", /no name for a branch/, async () => ({
    defaultBranch: "--upload-pack=x"
  }))
  unusable("it has no commits", /no commits yet/, async () => {
    const path = await Given.folder()
    await git(path, "init", "-q", "-b", "main")
    return at(path)
  })
  unusable("what is checked out is a commit of no branch", /no branch main/, async ({ user }) => {
    await git(user, "checkout", "-q", "--detach")
    await git(user, "branch", "-q", "--delete", "--force", "main")
    return {}
  })
  unusable("it is shallow", /shallow/, async ({ user }) => {
    await git(user, "commit", "-q", "--allow-empty", "-m", "Second")
    const path = join(await Given.folder(), "shallow")
    await git("/", "clone", "-q", "--depth=1", `file://${user}`, path)
    return at(path)
  })
  unusable("its branch is an alias", /another name/, async ({ user }) => {
    await git(user, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    return { defaultBranch: "alias" }
  })
  unusable("it is Foreman's own copy", /belongs to Foreman/, async (given) => {
    await fs.mkdir(copyOf(given), { recursive: true })
    return at(copyOf(given))
  })
})
