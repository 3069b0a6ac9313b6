/**
 * Which node does an organisation's work: what touches a repository whose clone lies on one node's
 * disk is done there, all else wherever the dispatcher is.
 *
 * Each lane is a tenure of its own, so every node looks after its own repositories while one of them
 * looks after the rest.
 *
 * @since 0.1.0
 */
import { homeOf, type Repository } from "../rules/Repository.ts"
import type { Run } from "../rules/Run.ts"
import type { Tenure } from "./Tenure.ts"

// models ----------------------------------------------------------------------

/**
 * The tenure of whoever does what may be done anywhere.
 *
 * @category models
 * @since 0.1.0
 */
export const anywhere = "dispatcher"

// rules -----------------------------------------------------------------------

/**
 * The tenure of whoever does what has to be done at a node.
 *
 * @category rules
 * @since 0.1.0
 */
export const at = (node: string): string => `${anywhere}@${node}`

/**
 * The tenure under which a repository's tasks are run and landed; null is no repository.
 *
 * @category rules
 * @since 0.1.0
 */
export const of = (repository: Pick<Repository, "config"> | null): string => {
  const home = repository === null ? null : homeOf(repository)
  return home === null ? anywhere : at(home)
}

/**
 * What a run is told of who carries it out: the process, and its lane where that is not the usual.
 *
 * @category rules
 * @since 0.1.0
 */
export const holderIn = ({ holder, name }: Pick<Tenure, "holder" | "name">): string =>
  name === anywhere ? holder : `${name} ${holder}`

/**
 * The lane under which a run was queued, and the process that did.
 *
 * @category rules
 * @since 0.1.0
 */
export const carrierOf = ({
  holder
}: Pick<Run, "holder">): { readonly name: string; readonly holder: string } => {
  const end = holder.startsWith(`${anywhere}@`) ? holder.indexOf(" ") : -1
  return end === -1
    ? { name: anywhere, holder }
    : { name: holder.slice(0, end), holder: holder.slice(end + 1) }
}

/**
 * Says whether a run was queued under this tenure's name, by whomever.
 *
 * @category rules
 * @since 0.1.0
 */
export const isRunOf = (
  { name }: Pick<Tenure, "name">,
  { holder }: Pick<Run, "holder">
): boolean =>
  name === anywhere ? !holder.startsWith(`${anywhere}@`) : holder.startsWith(`${name} `)
