/**
 * One dispatch decision on PostgreSQL, beside the creation of a task.
 *
 * @since 0.1.0
 */
import { PostgresStore } from "@foreman/store-postgres"
import * as Decisions from "./Decisions.ts"
import * as PostgresServer from "./PostgresServer.ts"
import * as Report from "./Report.ts"
import { compare } from "./Rounds.ts"

// operations ------------------------------------------------------------------

const table = async (server: PostgresServer.Server, callers: number, options: Report.Options) => {
  const load = { callers, tasks: (options.isShort ? 8 : 32) * Math.max(callers, 8) }
  const url = await server.create(`dispatch-${callers}`)
  const { close, variants } = await Decisions.open(PostgresStore.layer({ url }), load)
  // What has run for a while is compiled: the first seconds say nothing about either.
  for (const { measure } of [...variants, ...variants, ...variants]) await measure()
  const series = await compare(variants, options.rounds)
  await close()
  return { name: callers === 1 ? "1 caller" : `${callers} callers`, series }
}

const main = async (server: PostgresServer.Server, options: Report.Options): Promise<void> => {
  const tables: Array<Report.Table> = []
  for (const callers of [1, 64]) tables.push(await table(server, callers, options))
  const bound = { table: "64 callers", figure: "ms each", bound: "at most", ratio: 3 } as const
  Report.print(
    {
      title: `One dispatch decision on ${server.version}`,
      compares:
        "a decision (strict policy, lease, run, token, move, events, fence; one durable commit)\n" +
        "  with create_task of the tasks that are dispatched.",
      comparesNot: "finding what is ready, an agent's process, or a person who is asked.",
      fdatasync: server.fdatasync,
      tables,
      // The dispatcher reads the queue and the agents once for all that it starts.
      targets: [{ ...bound, variant: Decisions.dispatching }]
    },
    options
  )
}

await PostgresServer.withServer((server) => main(server, Report.options()))
