/**
 * A database server that stands still: it refuses nothing and answers nothing.
 */
import { readdirSync, readFileSync } from "node:fs"

// services --------------------------------------------------------------------

/** Stops all processes of a server by the id of the first, and gives what lets them go on. */
export const freeze = (first: number): (() => void) => {
  const stopped = new Set<number>()
  for (let left = [first]; left.length > 0; left = runningOf(first)) {
    for (const pid of left) {
      process.kill(pid, "SIGSTOP")
      stopped.add(pid)
    }
  }
  return () => {
    // The first one last: it clears away who has ended meanwhile.
    for (const pid of [...stopped].toReversed()) process.kill(pid, "SIGCONT")
  }
}

// internal --------------------------------------------------------------------

/**
 * It and its children, as far as they run. The list that the system keeps of children leaves some out
 * when others end meanwhile, and whoever is not stopped yet may make more of them.
 */
const runningOf = (first: number): Array<number> =>
  readdirSync("/proc")
    .map(Number)
    .filter((pid) => {
      const { parent, state } = pid > 0 ? lookAt(pid) : gone
      return (pid === first || parent === first) && !"TZX".includes(state)
    })

const gone = { state: "X", parent: 0 }

// The name in parentheses may hold anything, so what follows is counted from its end.
const lookAt = (pid: number): typeof gone => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    const [state = "X", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    return { state, parent: Number(parent) }
  } catch {
    return gone
  }
}
