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

/** How many milliseconds it takes to count and to rank one task many times. */
const timed = Effect.fnUntraced(function* (driver: Driver.Driver, task: number) {
  const steps = (["count_dependencies", "rank_task"] as const).flatMap((name) =>
    Array.from({ length: 100 }, (): Driver.Step => ({ _tag: "Apply", name, parameters: { task } }))
  )
  const before = performance.now()
  yield* driver.commit({ organization: "acme", reliesOn: [], steps, events: [] })
  return performance.now() - before
})

/** A store with so many tasks, and the quickest times for the last and the first of them. */
const filled = Effect.fnUntraced(function* (count: number) {
  const filename = yield* SqliteFiles.file
  const driver = yield* SqliteStore.make({ filename })
  SqliteFiles.execute(filename, tasks(count))
  const best = new Map([count, 1].map((task) => [task, Number.POSITIVE_INFINITY]))
  const measure = Effect.forEach([...best.keys()], (task) =>
    Effect.map(timed(driver, task), (time) => best.set(task, Math.min(time, best.get(task) ?? 0)))
  )
  return { count, driver, measure, slowest: () => Math.max(...best.values()) }
})

describe("a set change", () => {
  it.live("looks at the edges of its task, however many others there are", () =>
    Effect.gen(function* () {
      const [few, many] = [yield* filled(100), yield* filled(30_000)]
      // By turns, so that a disk that is slow for a while is slow for both.
      for (let turn = 0; turn < 10; turn++) {
        yield* few.measure
        yield* many.measure
      }
      for (const { count, driver } of [few, many]) {
        const row = yield* driver.get("acme", "tasks", { id: count })
        expect(row).toMatchObject({ open_dependencies: 1 })
      }
      // One that looks at all of them takes a hundred times as long.
      expect(many.slowest() / few.slowest()).toBeLessThan(20)
    })
  )
})
