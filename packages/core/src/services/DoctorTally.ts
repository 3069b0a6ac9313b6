/**
 * What the doctor looks at, by the ids of the invariants, and what it has found.
 *
 * @internal
 */

// models ----------------------------------------------------------------------

/** What is looked at. The ids are those of the design; gaps are what is not looked at yet. */
export const titles = {
  "I-01": "versions of a stream are 1, 2, 3 and so on",
  "I-02": "positions of an organization are 1, 2, 3 and so on, up to its head",
  "I-03": "in a stream, a later version has a later position",
  "I-04": "no position twice, and ids that Foreman makes are UUIDv7",
  "I-05": "the chain of hashes holds",
  "I-06": "every event is of a known type, decodes, and stands in its own stream",
  "I-08": "causes are earlier events of the same organization",
  "I-09": "events of one command stand together and share where they come from",
  "I-11": "every row is the fold of the events",
  "I-15": "what is told outside is tried until its time is up, and then says why not",
  "I-16": "receipts of commands are whole",
  "I-17": "every command has a receipt for as long as these are kept",
  "I-18": "every move of a task is in the workflow and begins where the task is",
  "I-19": "a task begins only when all that it depends on is done",
  "I-20": "no task under way waits for another one",
  "I-21": "dependencies have no cycle, no doubles, and both of their ends",
  "I-22": "nothing leaves done or cancelled, and done has its time",
  "I-24": "merging has one open merge job, landed has one that succeeded",
  "I-26": "a task and an agent have one live run at most",
  "I-27": "attempts of a task are 1, 2, 3 and so on",
  "I-28": "what a run holds it holds once, and gives back with its end",
  "I-29": "no two live leases meet",
  "I-30": "fencing tokens of a task only rise",
  "I-34": "a run ends once, with a cause and a time",
  "I-39": "an approval ends once, and goes only where its states lead",
  "I-40": "one approval of a dispatch waits at a time, of a command one for each",
  "I-41": "nothing begins while it waits for a person",
  "I-42": "people approve, and nobody what they wrote",
  "I-52": "the bytes of artifacts are there until they are removed",
  "I-54": "an artifact has the path of its run and its name, and a digest",
  "I-60": "a task has one open merge job at most, a branch one that is landed",
  "I-64": "every landed merge job has a commit of its own",
  "I-66": "every row, and what it names, is its organization's",
  "I-68": "no token is stored, only hashes",
  "I-73": "a human request ends once: resolved has who and when, expired has why and when"
} as const

/** The id of an invariant that the doctor looks at. */
export type InvariantId = keyof typeof titles

/** One thing that is not as it must be. It never quotes what is stored. */
export interface Violation {
  readonly organization: string
  /** The place of an event, or a table and a key. */
  readonly place: string
  readonly detail: string
}

/** What came of one invariant. */
export interface Finding {
  readonly id: InvariantId
  readonly title: string
  /** How many things were looked at. */
  readonly examined: number
  /** How many of them are not as they must be. */
  readonly violations: number
  /** The first 20 of these. */
  readonly samples: ReadonlyArray<Violation>
}

/** Counts while the doctor looks. */
export interface Tally {
  readonly wants: (...ids: ReadonlyArray<InvariantId>) => boolean
  /** One more thing was looked at; what is said of it is what is wrong with it. */
  readonly judge: (id: InvariantId, place: string, problem: string | undefined) => void
  /** Things that something else has looked at and counted. */
  readonly add: (id: InvariantId, examined: number, violations: number) => void
  readonly within: (organization: string) => Tally
  readonly findings: () => ReadonlyArray<Finding>
}

// services --------------------------------------------------------------------

/** Begins to count, for these invariants or for all. */
export const make = (only?: ReadonlyArray<InvariantId>): Tally => {
  const counts = new Map<InvariantId, Count>()
  for (const id of ids) {
    if (only?.includes(id) ?? true) counts.set(id, { examined: 0, violations: 0, samples: [] })
  }
  const within = (organization: string): Tally => ({
    wants: (...wanted) => wanted.some((id) => counts.has(id)),
    judge: (id, place, problem) => {
      const count = counts.get(id)
      if (count === undefined) return
      count.examined += 1
      if (problem === undefined) return
      count.violations += 1
      const { samples } = count
      if (samples.length < mostSamples) samples.push({ organization, place, detail: problem })
    },
    add: (id, examined, violations) => {
      const count = counts.get(id)
      if (count === undefined) return
      count.examined += examined
      count.violations += violations
    },
    within,
    findings: () => Array.from(counts, ([id, count]) => ({ id, title: titles[id], ...count }))
  })
  return within("")
}

/** Every id, in order. */
// As: the keys of a constant are what it says.
export const ids = Object.keys(titles) as ReadonlyArray<InvariantId>

// internal --------------------------------------------------------------------

const mostSamples = 20

interface Count {
  examined: number
  violations: number
  readonly samples: Array<Violation>
}
