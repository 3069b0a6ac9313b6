/**
 * The writing half of the store: synchronous, on one connection. It runs in a thread of its own and
 * knows nothing of threads.
 *
 * @since 0.1.0
 */
import { migrate, refuseStrangers } from "./Migrations.ts"
import { commitGroup, type Outcome, type Wanted } from "./SqliteCommit.ts"
import * as Connection from "./SqliteConnection.ts"
import { codeOf, isBusy } from "./SqliteFailure.ts"
import * as File from "./SqliteFile.ts"

// models ----------------------------------------------------------------------

/**
 * The writer of a file.
 *
 * @category models
 * @since 0.1.0
 */
export interface Kernel {
  readonly allocate: (sequence: string, count: number) => number
  readonly close: () => void
  readonly commitGroup: (
    group: ReadonlyArray<Wanted>,
    more?: () => ReadonlyArray<Wanted>
  ) => ReadonlyArray<Outcome>
}

// services --------------------------------------------------------------------

/**
 * Opens a file for writing, makes it when it is not there and brings it up to date.
 *
 * @category operations
 * @since 0.1.0
 */
export const open = (path: string, tables: Connection.TableList): Kernel => {
  const connection = explained(path, () => {
    File.prepare(path)
    return Connection.open(path, tables, { readOnly: false, timeout: lockMilliseconds })
  })
  const { database } = connection
  try {
    explained(path, () => patiently(() => begin(connection, path)))
  } catch (cause) {
    database.close()
    throw cause
  }
  return {
    allocate: (sequence, count) => allocate(connection, sequence, count),
    close: () => database.close(),
    commitGroup: (group, more) => commitGroup(connection, group, more)
  }
}

// internal --------------------------------------------------------------------

/** How long this thread waits for the lock of another process. */
const lockMilliseconds = 5_000

const begin = (connection: Connection.Connection, path: string): void => {
  const { database } = connection
  refuseStrangers(connection, path)
  const mode = database.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"]
  if (mode !== "wal") {
    throw new Error(`${path} lies where SQLite cannot share memory: put the store on a local disk.`)
  }
  // A full sync at each commit; a log that is folded back at 16 MB and does not stay beyond 64.
  database.exec(
    `PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;
     PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536`
  )
  migrate(connection, path)
}

/** Turning to another journal is not covered by SQLite's own waiting, so it is tried again. */
const patiently = (body: () => void): void => {
  const end = performance.now() + lockMilliseconds
  for (;;) {
    try {
      return body()
    } catch (cause) {
      if (!isBusy(cause) || performance.now() >= end) throw cause
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10)
    }
  }
}

/** What SQLite says of a file in a few words, as a sentence that names the file and a way out. */
const explained = <A>(path: string, body: () => A): A => {
  try {
    return body()
  } catch (cause) {
    const sentence = sentences.get((codeOf(cause) ?? 0) & 0xff)
    if (sentence === undefined) throw cause
    throw new Error(`${path} ${sentence}`, { cause })
  }
}

const sentences: ReadonlyMap<number, string> = new Map([
  [8, "cannot be written by this user: give it to them, or name another file for the store."],
  [11, "is damaged: restore it from a backup, or name another file for the store."],
  [14, "cannot be opened: name a file for the store that this user may write."],
  [26, "is no SQLite database: name another file for the store."]
])

/** A number needs no sync of its own: the commit that uses it stands later in the same log. */
const allocate = (
  { database, prepare }: Connection.Connection,
  sequence: string,
  count: number
): number => {
  // A pragma takes effect when it is compiled, so it is never a prepared statement.
  database.exec("PRAGMA synchronous = NORMAL")
  try {
    const row = prepare(
      `INSERT INTO sequences VALUES (?, 1 + ?)
       ON CONFLICT (name) DO UPDATE SET next = next + ? RETURNING next`
    ).get(sequence, count, count)
    return Number(row?.["next"]) - count
  } finally {
    database.exec("PRAGMA synchronous = FULL")
  }
}
