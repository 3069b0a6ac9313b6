import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"

import { catalogue, createForeman, Foreman, Identifier, Uuid } from "@foreman/core"
import { TestForeman } from "@foreman/testkit"

const lower = "01a1fc20-2525-74eb-9743-84362eaa9890"
const upper = lower.toUpperCase()

describe("an id in capitals", () => {
  it("is found wherever an input has one", () => {
    const { AgentId, PrincipalId, RepositoryId } = Identifier
    const lowered = Uuid.lowered(
      Schema.Struct({
        own: AgentId,
        maybe: Schema.optionalKey(
          Schema.NullOr(PrincipalId.annotate({ description: "On whose behalf" }))
        ),
        many: Schema.Array(RepositoryId).pipe(Schema.withDecodingDefaultKey(Effect.succeed([]))),
        inner: Schema.Array(Schema.Struct({ agentId: Schema.optionalKey(AgentId) })),
        name: Schema.String
      })
    )
    const given = (id: string, name = "") => ({
      own: id,
      maybe: id,
      many: [id],
      inner: [{ agentId: id }, {}],
      name
    })
    assert.deepStrictEqual(lowered(given(upper, "ABC")), given(lower, "ABC"))
    assert.deepStrictEqual(lowered({ ...given(upper), maybe: null }), {
      ...given(lower),
      maybe: null
    })
  })

  it("leaves every other input as it is", () => {
    const lowered = Uuid.lowered(catalogue.getTeam.input)
    const input = { teamId: lower }
    assert.strictEqual(lowered(input), input)
    const task = { teamId: lower, title: "T", repoIds: [lower] }
    assert.strictEqual(Uuid.lowered(catalogue.createTask.input)(task), task)
    assert.strictEqual(Uuid.lowered(Schema.Struct({ name: Schema.String }))(input), input)
  })

  it.effect("names the same thing, by whatever way it comes, and is kept in one form", () =>
    Effect.gen(function* () {
      const { client, invoke } = yield* Foreman
      const given = yield* TestForeman.givenTeam()
      const [engineer] = given.engineers
      assert(engineer !== undefined)
      const capitals = Identifier.TeamId.make(given.team.id.toUpperCase())
      assert.strictEqual((yield* client.getTeam({ teamId: capitals })).id, given.team.id)
      const wish = {
        team_id: capitals,
        title: "T",
        assignee_id: engineer.id.toUpperCase(),
        repo_ids: given.repositories.map(({ id }) => id.toUpperCase())
      }
      const options = { idempotencyKey: "once" }
      const task = yield* invoke("create_task", wish, options)
      const kept = {
        team_id: given.team.id,
        assignee_id: engineer.id,
        repo_ids: given.repositories.map(({ id }) => id)
      }
      assert.deepInclude(task, kept)
      // It is the same input in either form.
      assert.deepStrictEqual(yield* invoke("create_task", { ...wish, ...kept }, options), task)
    }).pipe(TestForeman.asOperator, Effect.provide(TestForeman.layer()))
  )

  it("names the same thing for people who do not write Effect", async () => {
    await using foreman = await createForeman()
    const { id: orgId } = await foreman.createOrganization({ name: "Acme", slug: "acme" })
    const { id: teamId } = await foreman.createTeam({ orgId, name: "Web", slug: "web" })
    assert.strictEqual((await foreman.getTeam({ teamId: teamId.toUpperCase() })).id, teamId)
  })
})
