import { describe, expect, it } from "vitest"
import { ofExports, ofFile } from "../../src/tidy/NameRules.ts"
import { saidOf } from "./planted.ts"

describe("names of files", () => {
  it.each([
    "packages/core/src/utils.ts",
    "packages/core/src/common/Task.ts",
    "packages/http/test/helpers.ts",
    "packages/git/src/GitImpl.ts",
    "packages/git/src/TasksLive.ts",
    "packages/git/src/GitUtils.ts",
    "examples/server/src/misc.ts",
    "packages/core/src/types.ts"
  ])("refuses %s, and names something better", (path) =>
    expect(ofFile(path)).toMatchObject([{ message: expect.stringMatching(/: use \w/) }])
  )

  it.each([
    "packages/core/src/rules/Task.ts",
    "packages/core/src/internal/dynamic.ts",
    "docs/guides/data.md",
    "package.json"
  ])("accepts %s", (path) => expect(ofFile(path)).toEqual([]))
})

describe("names of exports", () => {
  const of = (text: string) => saidOf(ofExports, "packages/core/src/rules/Bad.ts", text)

  it.each([
    "export class TasksImpl {}",
    "export const TasksLive = 1",
    "export const layerLive = 1",
    "export interface ITask { readonly id: 1 }",
    "export const data = 1",
    "export type TaskInfo = string"
  ])("refuses %s", (text) => expect(of(text)).toHaveLength(1))

  it.each([
    "export const isLive = 1",
    "export class RunIsLive {}",
    "export const IOError = 1",
    "export interface Item { readonly id: 1 }",
    'export { data } from "./Task.ts"'
  ])("accepts %s", (text) => expect(of(text)).toEqual([]))
})
