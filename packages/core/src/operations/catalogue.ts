/**
 * Everything that Foreman can be asked to do.
 *
 * @since 0.1.0
 */
import * as Health from "./HealthOperations.ts"
import * as HumanRequests from "./HumanRequestOperations.ts"
import * as Messages from "./MessageOperations.ts"
import * as Organizations from "./OrganizationOperations.ts"
import * as Reviews from "./ReviewOperations.ts"
import * as Runs from "./RunOperations.ts"
import * as Tasks from "./TaskOperations.ts"
import * as Teams from "./TeamOperations.ts"

// services --------------------------------------------------------------------

/**
 * Every operation by the name of its method.
 *
 * @category operations
 * @since 0.1.0
 */
export const catalogue = {
  ...Health,
  ...Organizations,
  ...Teams,
  ...Tasks,
  ...Messages,
  ...Reviews,
  ...Runs,
  ...HumanRequests
} as const

/**
 * The type of the catalogue.
 *
 * @category operations
 * @since 0.1.0
 */
export type FullCatalogue = typeof catalogue
