import { execFile } from "node:child_process"
import { resolve } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it } from "vitest"
import { environmentOf, makeFolder } from "./TestCli.ts"

const fixture = resolve(import.meta.dirname, "fixtures/story.ts")

type Told = readonly [line: string, code: number, out: string, err: string]

const tell = async (lines: ReadonlyArray<string>): Promise<ReadonlyArray<Told>> => {
  const folder = makeFolder()
  const args = ["--conditions=@foreman/source", fixture, JSON.stringify(lines)]
  const options = { cwd: folder, env: environmentOf(folder) }
  return JSON.parse((await promisify(execFile)(process.execPath, args, options)).stdout)
}

describe("names in the place of ids", { timeout: 60_000 }, () => {
  it("takes a repository's name wherever its id is wanted, and says where names are listed", async () => {
    const told = await tell([
      "project create --name Web --id web --repo-root /src/web --json",
      "project create --name Api --id api --repo-root /src/api --json",
      "task create --title both --repo-ids api --repo web --json",
      "task update ID --repo-ids web",
      "task create --title one --repo-ids web --json",
      "project update web --repository-id api --json",
      "task create --title none --repo-ids nope",
      "task list --team nowhere",
      "task create --help"
    ])
    const [web, api, both, , one, moved, none, nowhere, help] = told
    const answerOf = (line: Told | undefined) => JSON.parse(line?.[2] ?? "null")
    const ids = [answerOf(web), answerOf(api)].map(({ repository_id }) => repository_id)
    expect(answerOf(both).repo_ids).toEqual(ids.toReversed())
    expect(answerOf(one).repo_ids).toEqual([ids[0]])
    expect(answerOf(moved).repository_id).toBe(ids[1])
    expect(none?.slice(1)).toEqual([
      3,
      "",
      expect.stringMatching(/^foreman: the team has no repository nope: foreman repo list /)
    ])
    expect(nowhere?.slice(1)).toEqual([
      3,
      "",
      expect.stringMatching(/ has no team nowhere: .*, --org names another organization$/m)
    ])
    expect(help?.[2].replaceAll(/\s+/g, " ")).toContain("(a repository's name will do)")
  })
})
