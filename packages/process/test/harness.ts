import { mkdtempSync, rmSync } from "node:fs"
import { writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

import { Effect, Schedule, Stream } from "effect"
import type { Scope } from "effect"

import { ProcessIdentity, Supervisor } from "@foreman/process"
import { processTable } from "../src/internal/processTable.ts"

export const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))

export const guardianProgram = fileURLToPath(
  new URL("../src/internal/guardian.ts", import.meta.url)
)

/** A folder that is removed with the scope. */
export const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "foreman-process-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

/** The body of a test that has a supervisor of its own. */
export const supervised = <A, E>(
  body: () => Effect.fn.Return<A, E, Scope.Scope | Supervisor.Supervisor>,
  options?: Supervisor.Options
) => {
  const effect = Effect.fnUntraced(body)
  return () => Effect.scoped(effect()).pipe(Effect.provide(Supervisor.layer(options)))
}

/** Starts a program with ordinary limits. */
export const start = Effect.fnUntraced(function* (
  program: string,
  args: ReadonlyArray<string>,
  changes: Partial<Supervisor.Command> = {}
) {
  const supervisor = yield* Supervisor.Supervisor
  const outputFolder = yield* folder
  return yield* supervisor.start({
    program,
    args,
    folder: outputFolder,
    environment: {},
    outputFolder,
    timeoutSeconds: 20,
    maxOutputBytes: 10_000_000,
    ...changes
  })
})

export const shell = (script: string, changes?: Partial<Supervisor.Command>) =>
  start("/bin/sh", ["-c", script], changes)

export const family = (kind: "polite" | "stubborn", changes?: Partial<Supervisor.Command>) =>
  start(process.execPath, [fixture("family.mjs"), kind], changes)

/**
 * Starts a script that waits at each `pause` (nine at most) until the test says `go`, so that the
 * test can look at what was written so far. Each pause has a pipe of its own, since the end of
 * one writer would be taken for the next one's.
 */
export const stepwise = Effect.fnUntraced(function* (script: string) {
  const path = yield* folder
  const pause = "mkfifo 1 2 3 4 5 6 7 8 9; at=0; pause() { at=$((at+1)); read -r _ < $at; }"
  const running = yield* shell(`${pause}; ${script}`, { folder: path })
  let step = 0
  const go = Effect.promise(() => writeFile(join(path, String((step += 1))), "go\n"))
  return { ...running, go }
})

/** The text of a stream that ends. */
export const text = <E>(stream: Stream.Stream<Uint8Array, E>) =>
  Stream.mkString(Stream.decodeText(stream))

/** The first line of a stream that begins with a word, once it is there. */
export const line = <E>(stream: Stream.Stream<Uint8Array, E>, word: string) =>
  stream.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.filter((text) => text.startsWith(word)),
    Stream.take(1),
    Stream.mkString
  )

/** The pids in a line such as `pids 7 8`. */
export const pidsOf = (line: string) => line.split(" ").slice(1).map(Number)

/** Who has the pids in a line. */
export const identities = (line: string) =>
  Effect.forEach(pidsOf(line), (pid) =>
    Effect.filterOrElse(
      ProcessIdentity.of(pid),
      (identity) => identity !== undefined,
      () => Effect.die(`${pid} is not alive`)
    )
  )

/** Those of them that are alive. */
export const alive = (of: ReadonlyArray<ProcessIdentity.ProcessIdentity>) =>
  Effect.map(Effect.filter(of, ProcessIdentity.isAlive), (living) => living.map(({ pid }) => pid))

/** Those of the pids that a living process has. */
export const taken = (pids: ReadonlyArray<number>) =>
  pids.filter((pid) => processTable.read(pid)?.isAlive === true)

/** Waits until a condition holds, twenty seconds at most. */
export const eventually = (condition: Effect.Effect<boolean>) =>
  condition.pipe(
    Effect.flatMap((holds) => (holds ? Effect.void : Effect.fail("not yet"))),
    Effect.retry({ times: 1_000, schedule: Schedule.spaced("20 millis") })
  )

/** The guardians that a process has. */
export const guardiansOf = (parent: number) =>
  Effect.promise(async () => {
    const rows = await processTable.list()
    return rows
      .filter((row) => row.parent === parent && row.isAlive && row.session === row.pid)
      .map(({ pid }) => pid)
  })
