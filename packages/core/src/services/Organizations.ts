/**
 * Organisations: making them and listing them.
 *
 * @since 0.1.0
 */
import { Context, Effect, Layer } from "effect"
import { SecureRandom } from "effect/crypto"
import { CurrentActor } from "../operations/Authorization.ts"
import type * as Operations from "../operations/OrganizationOperations.ts"
import { OrganizationId } from "../rules/Identifier.ts"
import * as Organization from "../rules/Organization.ts"
import type { Method } from "./Method.ts"
import { decode, encode } from "./Paging.ts"
import * as Projection from "./Projection.ts"
import { decided, Shell } from "./Shell.ts"

// services --------------------------------------------------------------------

/**
 * The organisations of this store.
 *
 * @category services
 * @since 0.1.0
 */
export class Organizations extends Context.Service<
  Organizations,
  {
    readonly create: Method<typeof Operations.createOrganization>
    readonly list: Method<typeof Operations.listOrganizations>
  }
>()("@foreman/core/Organizations") {
  static readonly layer: Layer.Layer<Organizations, never, Shell> = Layer.effect(
    Organizations,
    Effect.map(Shell, make)
  )
}

// internal --------------------------------------------------------------------

const cursorColumns = { name: "text", organization: "text" } as const

function make(shell: Shell["Service"]): Organizations["Service"] {
  const { organizations } = Projection
  return {
    create: Effect.fnUntraced(function* (input) {
      const organizationId = OrganizationId.make(SecureRandom.uuidV7Unsafe())
      // The receipt lies in `system`: a repetition does not know the new organisation's id.
      const place = { organization: organizationId, receipts: "system" }
      return yield* shell.transact(place, () =>
        Effect.map(decided(Organization.create(input, { organizationId })), (events) => ({
          events,
          answer: ({ after }) => after<Organization.Organization>(organizations, {}),
          onConstraint: {
            directory_key: () => new Organization.SlugTaken({ slug: input.slug })
          }
        }))
      )
    }),
    list: Effect.fnUntraced(function* ({ cursor, limit = 200 }) {
      const after = cursor === undefined ? {} : yield* decode(cursor, cursorColumns)
      const { organizationId: own } = yield* CurrentActor
      if (own !== null) {
        const row = yield* shell.read((driver) => driver.get(own, organizations.table, {}))
        const items = row === undefined ? [] : [organizations.fromRow(row)]
        return { items, nextCursor: null }
      }
      const rows = yield* shell.read((driver) =>
        driver.ask("system", "organizations", {
          after_name: after["name"] ?? "",
          after_id: after["organization"] ?? "",
          limit: limit + 1
        })
      )
      const kept = rows.slice(0, limit)
      const last = rows.length > limit ? kept.at(-1) : undefined
      const next = last && encode([last["name"], last["organization"]])
      return { items: kept.map(organizations.fromRow), nextCursor: next ?? null }
    })
  }
}
