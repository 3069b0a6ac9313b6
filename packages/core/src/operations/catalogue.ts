/**
 * Everything that Foreman can be asked to do.
 *
 * @since 0.1.0
 */
import * as Approvals from "./ApprovalOperations.ts"
import * as Control from "./ControlOperations.ts"
import * as Artifacts from "./ArtifactOperations.ts"
import * as Explain from "./ExplainOperations.ts"
import * as Health from "./HealthOperations.ts"
import * as HumanRequests from "./HumanRequestOperations.ts"
import * as ManagerArtifacts from "./ManagerArtifactOperations.ts"
import * as ManagerApprovals from "./ManagerApprovalOperations.ts"
import * as Manager from "./ManagerOperations.ts"
import * as Messages from "./MessageOperations.ts"
import * as Organizations from "./OrganizationOperations.ts"
import * as Projects from "./ProjectOperations.ts"
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
  ...Projects,
  ...Manager,
  ...ManagerApprovals,
  ...ManagerArtifacts,
  ...Tasks,
  ...Explain,
  ...Messages,
  ...Reviews,
  ...Runs,
  ...Artifacts,
  ...Control,
  ...HumanRequests,
  ...Approvals
} as const

/**
 * The type of the catalogue.
 *
 * @category operations
 * @since 0.1.0
 */
export type FullCatalogue = typeof catalogue
