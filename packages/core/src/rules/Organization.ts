/**
 * Organisations: the tenants. Nothing of one is ever seen from another.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { accept, type Decision } from "./Decision.ts"
import * as Event from "./Event.ts"
import { Name, OrganizationId, Slug, Timestamp } from "./Identifier.ts"

// models ----------------------------------------------------------------------

/**
 * An organisation.
 *
 * @category models
 * @since 0.1.0
 */
export interface Organization extends Schema.Schema.Type<typeof Organization> {}
export const Organization = Schema.Struct({
  id: OrganizationId,
  name: Name,
  slug: Slug,
  isPaused: Schema.Boolean.annotate({ description: "Whether nothing new is started in it" }),
  createdAt: Timestamp
})

export const Created = Event.define(
  "organization.created",
  { organizationId: OrganizationId, name: Name, slug: Slug },
  ({ organizationId }) => `organization:${organizationId}`
)

export const Paused = Event.define(
  "organization.paused",
  { organizationId: OrganizationId },
  ({ organizationId }) => `organization:${organizationId}`
)

export const Resumed = Event.define(
  "organization.resumed",
  { organizationId: OrganizationId },
  ({ organizationId }) => `organization:${organizationId}`
)

/**
 * What happens to organisations.
 *
 * @category models
 * @since 0.1.0
 */
export type OrganizationEvent =
  | Event.EventOf<typeof Created>
  | Event.EventOf<typeof Paused>
  | Event.EventOf<typeof Resumed>

// errors ----------------------------------------------------------------------

/**
 * There is no such organisation, or the caller may not see it.
 *
 * @category errors
 * @since 0.1.0
 */
export class OrganizationNotFound extends Schema.TaggedError<OrganizationNotFound>()(
  "OrganizationNotFound",
  { organizationId: Schema.String },
  { httpApiStatus: 404 }
) {
  override get message() {
    return "Organization not found"
  }
}

/**
 * The short name is taken. What it names stays as it is.
 *
 * @category errors
 * @since 0.1.0
 */
export class SlugTaken extends Schema.TaggedError<SlugTaken>()(
  "SlugTaken",
  { slug: Slug },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `The slug '${this.slug}' is already taken`
  }
}

/**
 * The name is taken within the team. What it names stays as it is.
 *
 * @category errors
 * @since 0.1.0
 */
export class NameTaken extends Schema.TaggedError<NameTaken>()(
  "NameTaken",
  { name: Schema.String },
  { httpApiStatus: 409 }
) {
  override get message() {
    return `The name '${this.name}' is already taken in this team`
  }
}

// rules -----------------------------------------------------------------------

/**
 * Creates an organisation. Whether its slug is free is decided where it is written.
 *
 * @category rules
 * @since 0.1.0
 */
export const create = (
  wanted: { readonly name: string; readonly slug: Slug },
  facts: { readonly organizationId: OrganizationId }
): Decision<OrganizationEvent> =>
  accept({ type: "organization.created", data: { ...facts, ...wanted } })

/**
 * Pauses all dispatch of the organisation, or lets it go on. What runs already goes on. Asking for what
 * is so already records nothing.
 *
 * @category rules
 * @since 0.1.0
 */
export const pause = (
  { id: organizationId, isPaused }: Organization,
  to: boolean
): Decision<OrganizationEvent> =>
  isPaused === to
    ? accept()
    : accept({ type: `organization.${to ? "paused" : "resumed"}`, data: { organizationId } })

/**
 * Folds one event into the organisation.
 *
 * @category rules
 * @since 0.1.0
 */
export const evolve = (
  before: Organization | undefined,
  event: OrganizationEvent,
  at: Timestamp
): Organization | undefined => {
  if (event.type !== "organization.created") {
    return before && { ...before, isPaused: event.type === "organization.paused" }
  }
  const { name, organizationId: id, slug } = event.data
  return { id, name, slug, isPaused: false, createdAt: at }
}
