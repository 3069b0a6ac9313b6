import * as fs from "node:fs/promises"
import { join } from "node:path"

import { assert, describe, it } from "@effect/vitest"

import { live, refused } from "./attack.ts"
import * as Given from "./given.ts"
import { git, on, shell, write } from "./given.ts"

describe("the objects of a clone", () => {
  const secret = async (path: string) => {
    const other = await Given.folder()
    await git(other, "init", "-q", "-b", "main")
    await write(other, { secret: "secret" })
    await git(other, "add", ".")
    await git(other, "commit", "-q", "-m", "Secret")
    return {
      objects: join(other, ".git", "objects"),
      tree: await git(other, "rev-parse", "HEAD^{tree}"),
      path
    }
  }

  refused(
    "are refused when they are shared with another folder",
    async (path) => {
      const { objects } = await secret(path)
      await fs.appendFile(join(path, ".git/objects/info/alternates"), `${objects}\n`)
    },
    /shared with a folder/
  )

  refused(
    "are refused when they are links to another folder",
    async (path) => {
      const { objects, tree } = await secret(path)
      await shell(
        path,
        `for n in ${objects}/??; do ln -sf $n .git/objects/; done
         git reset -q --soft $(git commit-tree ${tree} -p HEAD -m x)`
      )
    },
    /hold a link/
  )

  refused(
    "are refused when one is not what its name says",
    (path) =>
      shell(
        path,
        `echo one > x; git add x; git commit -q -m x; id=$(git rev-parse HEAD:x)
         other=$(echo two | git hash-object -w --stdin)
         file() { echo .git/objects/$(echo $1 | cut -c1-2)/$(echo $1 | cut -c3-); }
         chmod u+w $(file $id); cp $(file $other) $(file $id)`
      ),
    /did not receive expected object/
  )

  for (const name of [".git", ".GIT", "..", "."]) {
    refused(
      `are refused when a tree holds ${name}`,
      (path) =>
        shell(
          path,
          `blob=$(echo x | git hash-object -w --stdin)
           inner=$(printf '100644 blob %s\\tconfig\\n' $blob | git mktree)
           node -e 'const fs=require("fs");fs.writeFileSync("../raw",Buffer.concat([Buffer.from("40000 ${name}\\0"),Buffer.from(process.argv[1],"hex")]))' $inner
           tree=$(git hash-object -t tree -w --literally ../raw); rm ../raw
           git update-ref HEAD $(git commit-tree $tree -p HEAD -m x)`
        ),
      /hasDot/
    )
  }

  it.live(
    "are believed for what they are, whatever is said of their parents",
    on(function* (given) {
      const { collected } = yield* live(given, (path) =>
        shell(
          path,
          `base=$(git rev-parse HEAD); git checkout -q --orphan x; git commit -q -m x
           git replace --graft HEAD $base
           mkdir -p .git/info; echo $(git rev-parse HEAD) $base > .git/info/grafts
           git rev-parse HEAD > .git/shallow`
        )
      )
      assert.strictEqual(collected._tag === "Failure" && collected.failure._tag, "ResultNotOnBase")
    })
  )
})

describe("the head of a clone", () => {
  const heads: ReadonlyArray<readonly [string, string, RegExp]> = [
    [
      "a branch with an option for a name",
      "git update-ref refs/heads/-x HEAD; echo 'ref: refs/heads/-x' > .git/HEAD",
      /names no commit/
    ],
    [
      "a path out of the folder",
      "echo 'ref: refs/heads/../../../../secret' > .git/HEAD",
      /names no commit/
    ],
    ["a link", "ln -sf /etc/passwd .git/HEAD", /ELOOP/],
    ["a link to a device", "rm .git/HEAD; ln -s /dev/zero .git/HEAD", /ELOOP/],
    ["a pipe", "rm .git/HEAD; mkfifo .git/HEAD", /no small regular file/],
    ["a large file", "head -c 5000 /dev/zero > .git/HEAD", /no small regular file/],
    [
      "a circle",
      "echo 'ref: refs/heads/x' > .git/HEAD; echo 'ref: refs/heads/x' > .git/refs/heads/x",
      /names no commit/
    ],
    [
      "an object of another kind",
      "id=$(git rev-parse HEAD^{tree}); echo $id > .git/HEAD",
      /non-commit/
    ],
    [
      "a commit that is not there",
      "echo 1234567890123456789012345678901234567890 > .git/HEAD",
      /nonexistent/
    ],
    ["nothing", "git checkout -q --orphan x", /names no commit/]
  ]
  for (const [name, script, reason] of heads) {
    refused(`is refused when it is ${name}`, (path) => shell(path, script), reason)
  }
})
