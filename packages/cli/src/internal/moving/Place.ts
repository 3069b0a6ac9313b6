/**
 * Which store is meant by a command that opens it without asking a server.
 */
import type { Context, Told } from "../Context.ts"
import { exitCodes, Failed } from "../ExitCode.ts"

// services --------------------------------------------------------------------

/**
 * What the program was told. Refuses where no store was said and the server of the runtime root keeps
 * its own elsewhere: the file beside it is not the one that is meant.
 */
export const told = async (context: Pick<Context, "told">): Promise<Told> => {
  const heard = await context.told()
  const { storeSaidBy } = await import("../Connection.ts")
  if (storeSaidBy(heard) !== undefined) return heard
  const ServerFile = await import("../ServerFile.ts")
  const { runtimeRoot } = heard.settings
  const elsewhere = await ServerFile.elsewhere(runtimeRoot, heard.settings)
  if (elsewhere === undefined) return heard
  const { place, url } = elsewhere
  const advice = place?.startsWith("/")
    ? "say it with --db, or another store"
    : "say DATABASE_URL as the server has it, or another store with --db"
  const server = `The server at ${url}, of the runtime root ${runtimeRoot}`
  const title = place ?? "another place than the file there"
  const words = `${server}, keeps its store in ${title}: ${advice}`
  throw new Failed(exitCodes.misused, "StoreElsewhere", words, { place, url })
}
