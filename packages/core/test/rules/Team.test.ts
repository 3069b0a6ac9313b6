import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"

import { Identifier, Team } from "@foreman/core"
import { Arbitraries, GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const at = "2026-01-01T00:00:00.000000Z"
const teamId = Identifier.TeamId.make("00000000-0000-7000-8000-000000000001")
const orgId = Identifier.OrganizationId.make("00000000-0000-7000-8000-000000000002")
const wanted = { orgId, name: "Core", slug: "core" }
const team: Team.Team = { ...wanted, id: teamId, settings: Team.defaults, createdAt: at }

describe("a team", () => {
  it("is created with the settings of one that has chosen none", () => {
    const created: Team.TeamEvent = {
      type: "team.created",
      data: { ...wanted, teamId, settings: Team.defaults }
    }
    given(wanted)
      .when((wanted) => Team.create(wanted, { teamId }))
      .then(created)
    assert.deepStrictEqual(Team.evolve(undefined, created, at), team)
  })

  it("requires no review, merges by itself and asks for reviews, unless told otherwise", () => {
    assert.deepStrictEqual(Team.defaults, {
      requireReview: false,
      autoMerge: true,
      delivery: "review",
      mergeStrategy: "rebase"
    })
  })

  it("keeps what it chose at its creation", () => {
    given({ ...wanted, settings: { delivery: "direct" as const } })
      .when((wanted) => Team.create(wanted, { teamId }))
      .then({
        type: "team.created",
        data: { ...wanted, teamId, settings: { ...Team.defaults, delivery: "direct" } }
      })
  })

  it("changes the settings that are named and no other", () => {
    fc.assert(
      fc.property(Arbitraries.settings, Arbitraries.settings, (before, wish) => {
        given({ ...team, settings: before })
          .when((team) => Team.configure(team, { autoMerge: wish.autoMerge }))
          .then({
            type: "settings.updated",
            data: { teamId, settings: { ...before, autoMerge: wish.autoMerge } }
          })
      })
    )
  })

  it("has the settings of the latest change", () => {
    const settings = { ...Team.defaults, requireReview: true }
    const updated: Team.TeamEvent = { type: "settings.updated", data: { teamId, settings } }
    assert.deepStrictEqual(Team.evolve(team, updated, at), { ...team, settings })
    assert.isUndefined(Team.evolve(undefined, updated, at))
  })

  it("is refused by a name that a person reads", () => {
    assert.strictEqual(new Team.TeamNotFound({ teamId: "x" }).message, "Team not found")
  })
})
