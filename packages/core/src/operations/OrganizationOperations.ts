/**
 * What can be asked about organisations.
 *
 * @since 0.1.0
 */
import { Name, Slug } from "../rules/Identifier.ts"
import { Organization, SlugTaken } from "../rules/Organization.ts"
import * as Operation from "./Operation.ts"

// services --------------------------------------------------------------------

export const createOrganization = Operation.make("create_org", {
  title: "Create organization",
  description: "Creates an organization, the tenant that holds teams. Its slug must be free.",
  kind: "command",
  permission: "organization:create",
  http: { method: "POST", path: "/api/v1/orgs", status: 201 },
  cli: "org create",
  input: { name: Name, slug: Slug },
  output: Organization,
  errors: [SlugTaken]
})

export const listOrganizations = Operation.makeList("list_orgs", {
  title: "List organizations",
  description: "Lists the organizations that you may see, by name.",
  permission: "organization:read",
  http: { method: "GET", path: "/api/v1/orgs" },
  cli: "org list",
  input: {},
  item: Organization,
  errors: [],
  tool: { roles: ["manager"] }
})
