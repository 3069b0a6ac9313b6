/**
 * What the doctor sees of merge jobs in the story that the events tell.
 *
 * @internal
 */
import type { DomainEvent } from "../events/EventTypes.ts"
import type { Tally } from "./DoctorTally.ts"

// models ----------------------------------------------------------------------

/** An account of merge jobs. */
export interface Jobs {
  readonly look: (event: DomainEvent, place: string) => void
  /** How many of a task's jobs are not over, and how many have landed. */
  readonly of: (taskId: number) => { readonly queued: number; readonly landed: number }
}

interface Job {
  readonly taskId: number
  readonly repoId: string
  readonly branch: string
  status: "queued" | "running" | "landed" | "failed"
}

// services --------------------------------------------------------------------

/** Begins an account. */
export const makeJobs = (tally: Tally): Jobs => {
  const jobs = new Map<number, Job>()
  const byTask = new Map<number, Array<Job>>()
  const running = new Map<string, number>()
  const commits = new Set<string>()
  const of = (taskId: number) => {
    const own = byTask.get(taskId) ?? []
    return { queued: own.filter(isOpen).length, landed: own.filter(hasLanded).length }
  }
  const begin = (job: Job, id: number, place: string) => {
    const branch = JSON.stringify([job.repoId, job.branch])
    const other = running.get(branch)
    const isBusy = other !== undefined && other !== id
    tally.judge("I-60", place, isBusy ? `begins while job ${other} is landed` : undefined)
    running.set(branch, id)
    job.status = "running"
  }
  const end = (job: Job, id: number, status: "landed" | "failed") => {
    const branch = JSON.stringify([job.repoId, job.branch])
    if (running.get(branch) === id) running.delete(branch)
    job.status = status
  }
  return {
    of,
    look: (event, place) => {
      if (event.type === "merge.queued") {
        const { mergeJobId, repoId, targetBranch, taskId } = event.data
        const isSecond = of(taskId).queued > 0
        tally.judge("I-60", place, isSecond ? "is queued beside an open job" : undefined)
        const job: Job = { taskId, repoId, branch: targetBranch, status: "queued" }
        jobs.set(mergeJobId, job)
        byTask.set(taskId, [...(byTask.get(taskId) ?? []), job])
        return
      }
      if (!("mergeJobId" in event.data)) return
      const { mergeJobId: id } = event.data
      const job = jobs.get(id)
      if (job === undefined) return
      if (event.type === "merge.started") return begin(job, id, place)
      if (event.type === "merge.completed") {
        const commit = `${job.repoId} ${event.data.mergeCommit}`
        const isShared = commits.has(commit)
        const again = isOpen(job) ? undefined : "lands a job that is over"
        tally.judge("I-64", place, isShared ? "has the commit of another job" : again)
        commits.add(commit)
      }
      end(job, id, event.type === "merge.completed" ? "landed" : "failed")
    }
  }
}

// internal --------------------------------------------------------------------

const isOpen = ({ status }: Job): boolean => status === "queued" || status === "running"

const hasLanded = ({ status }: Job): boolean => status === "landed"
