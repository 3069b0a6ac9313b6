/**
 * What an agent is asked at the beginning of a run.
 *
 * Titles, descriptions and reviews are other people's words. They are quoted as the task; nothing
 * in them changes what the frame around them says.
 *
 * @since 0.1.0
 */
import type { Task } from "./Task.ts"

// models ----------------------------------------------------------------------

/**
 * What the frame says beside the task.
 *
 * @category models
 * @since 0.1.0
 */
export interface PromptFacts {
  readonly hasRepository: boolean
  /** Why the task came back, if it did: a reviewer's summary, or what a landing met. */
  readonly feedback: string | null
  /** Whether the run has a folder for what its agent wants kept. */
  readonly hasFolder?: boolean
}

// rules -----------------------------------------------------------------------

/**
 * Writes the prompt of a task's next run.
 *
 * **Example** (The title comes first)
 *
 * ```ts import.meta.vitest
 * import { Prompt, Task } from "@foreman/core"
 *
 * const task = Task.example({ title: "Add a licence" })
 *
 * Prompt.of(task, { hasRepository: true, feedback: null }).split("\n")[0]
 * // => "# Task 1: Add a licence"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const of = (
  task: Task,
  { feedback, hasFolder = false, hasRepository }: PromptFacts
): string => {
  const parts = [
    `# Task ${task.id}: ${task.title}`,
    ...(task.description === "" ? [] : [task.description]),
    ...(feedback === null ? [] : [`## Why it came back\n\n${feedback}`]),
    "## How to work",
    hasRepository ? inRepository(task) : "Your working folder is empty and yours alone.",
    ...(hasFolder ? [leaving] : []),
    "Finish when the task is done; your last lines are read as your answer."
  ]
  return `${parts.join("\n\n")}\n`
}

// internal --------------------------------------------------------------------

const leaving =
  "Files for people to look at, say screenshots or a report, belong into the folder that the variable " +
  "FOREMAN_RUN_ARTIFACTS names. They are kept with this run and are no part of the change."

const inRepository = ({ branch }: Task): string =>
  `Your working folder is a clone of the repository on the branch ${branch}. Commit there, or leave ` +
  "your changes uncommitted: both are taken in. Do not push."
