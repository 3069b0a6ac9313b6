import { assert, describe, it } from "@effect/vitest"

import { Identifier, Organization } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const organizationId = Identifier.OrganizationId.make("00000000-0000-7000-8000-000000000001")
const wanted = { name: "Acme", slug: "acme" }

describe("an organisation", () => {
  const created: Organization.OrganizationEvent = {
    type: "organization.created",
    data: { organizationId, ...wanted }
  }

  it("is created as wanted, in a stream of its own", () => {
    GivenWhenThen.given(wanted)
      .when((wanted) => Organization.create(wanted, { organizationId }))
      .then(created)
    assert.strictEqual(
      Organization.Created.streamOf(created.data),
      `organization:${organizationId}`
    )
  })

  it("is what was recorded of it, at that time", () => {
    const at = "2026-01-01T00:00:00.000000Z"
    assert.deepStrictEqual(Organization.evolve(undefined, created, at), {
      ...wanted,
      id: organizationId,
      isPaused: false,
      createdAt: at
    })
  })

  it("says in its refusals what stands in the way", () => {
    const { message } = new Organization.SlugTaken({ slug: "acme" })
    assert.strictEqual(message, "The slug 'acme' is already taken")
    assert.include(new Organization.NameTaken({ name: "bob" }).message, "'bob'")
    assert.strictEqual(
      new Organization.OrganizationNotFound({ organizationId: "x" }).message,
      "Organization not found"
    )
  })
})
