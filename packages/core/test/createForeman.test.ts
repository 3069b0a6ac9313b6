import { expect, it } from "@effect/vitest"

import { createForeman, PromiseRunner } from "@foreman/core"

it("a Foreman that is embedded explains with what its reactors were told", async () => {
  const { promise: over, resolve: finish } = Promise.withResolvers<string>()
  const begun = Promise.withResolvers<void>()
  const runner = PromiseRunner.make("waiting", () => {
    begun.resolve()
    return over
  })
  const foreman = await createForeman({ runners: [runner], reactors: { maxConcurrent: 1 } })
  const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
  const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
  const config = { runner: "waiting" }
  await foreman.createAgent({ teamId, name: "ada", config })
  await foreman.createAgent({ teamId, name: "bob", config })
  await foreman.createTask({ teamId, title: "First" })
  await begun.promise
  const { id: taskId } = await foreman.createTask({ teamId, title: "Second" })
  const { reasons } = await foreman.explainTask({ taskId })
  expect(reasons.map(({ facts }) => facts)).toContainEqual({ live_runs: 1, most_runs: 1 })
  finish("done")
  await foreman.close()
})
