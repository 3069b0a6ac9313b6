/**
 * The small sets of tools that a role has, for agents that need no more.
 *
 * @since 0.1.0
 */
import type { Tool } from "@modelcontextprotocol/server"

// models ----------------------------------------------------------------------

/**
 * The roles that have a set of tools.
 *
 * @category models
 * @since 0.1.0
 */
export type ToolRole = "manager" | "engineer" | "reviewer"

/**
 * Every tool, and the names of those in each role's set.
 *
 * @category models
 * @since 0.1.0
 */
export interface RoleTools {
  readonly tools: ReadonlyArray<Tool>
  readonly roles: Readonly<Record<ToolRole, ReadonlyArray<string>>>
}

// rules -----------------------------------------------------------------------

/**
 * The tools in the set of a role, or every tool.
 *
 * **Details**
 *
 * A server that lists no tool does not answer it either, so this narrows what its client may do.
 *
 * @category rules
 * @since 0.1.0
 */
export const narrow = (
  { roles, tools }: RoleTools,
  role: ToolRole | undefined
): ReadonlyArray<Tool> =>
  role === undefined ? tools : tools.filter(({ name }) => roles[role].includes(name))
