import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"

import type { Driver } from "@foreman/core"
import { SqliteStore } from "@foreman/store-sqlite"

import * as SqliteFiles from "./SqliteFiles.ts"

/** Tasks without anything in them, and a chain of three among the last. */
const tasks = (count: number) => `
  WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ${count})
  INSERT INTO tasks (
    organization, id, team_id, title, description, status, priority, repo_ids, tags, branch, metadata,
    depends_on, attempts, rejections, open_dependencies, is_rework, rank, created_at, updated_at
  ) SELECT 'acme', n, 'team', '', '', 'todo', 0, '[]', '[]', '', '{}', '[]', 0, 0, 0, 0, 0, 0, 0
  FROM number;
  INSERT INTO task_dependencies VALUES ('acme', ${count}, 1), ('acme', 1, 2)`

/** How many milliseconds it takes to count and to rank one task many times, at the quickest. */
const timed = Effect.fnUntraced(function* (driver: Driver.Driver, task: number) {
  const times: Array<number> = []
  for (let time = 0; time < 10; time++) times.push(yield* timedOnce(driver, task))
  return Math.min(...times)
})

const timedOnce = Effect.fnUntraced(function* (driver: Driver.Driver, task: number) {
  const steps = (["count_dependencies", "rank_task"] as const).flatMap((name) =>
    Array.from({ length: 100 }, (): Driver.Step => ({ _tag: "Apply", name, parameters: { task } }))
  )
  const before = performance.now()
  yield* driver.commit({ organization: "acme", reliesOn: [], steps, events: [] })
  return performance.now() - before
})

describe("a set change", () => {
  it.live("looks at the edges of its task, however many others there are", () =>
    Effect.gen(function* () {
      const times: Array<number> = []
      for (const count of [100, 30_000]) {
        const filename = yield* SqliteFiles.file
        const driver = yield* SqliteStore.make({ filename })
        SqliteFiles.execute(filename, tasks(count))
        const runs = [yield* timed(driver, count), yield* timed(driver, 1)]
        times.push(Math.max(...runs))
        const row = yield* driver.get("acme", "tasks", { id: count })
        expect(row).toMatchObject({ open_dependencies: 1 })
      }
      // One that looks at all of them takes a hundred times as long.
      expect((times[1] ?? 0) / (times[0] ?? 1)).toBeLessThan(20)
    })
  )
})
