import { expect, it } from "vitest"
import * as Show from "../../src/internal/Show.ts"

it.each([
  [
    ["title", "id", "status", "tags"],
    ["id", "status", "title"]
  ],
  // What a lease is about is where it lies.
  [
    ["span", "run_id", "task_id"],
    ["run_id", "span", "task_id"]
  ]
])("shows of %j what it is, how it stands and where", (fields, columns) => {
  expect(Show.columnsFor(fields)).toEqual(columns)
})
