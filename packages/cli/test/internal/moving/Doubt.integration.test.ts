import { once } from "node:events"
import { connect, createServer, type Socket } from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import * as FreshDatabase from "../../../../../tooling/src/postgres/FreshDatabase.ts"
import { endOf, run, start } from "../../TestCli.ts"
import * as Lived from "./Lived.ts"

/** Lets the server hear of the commit or not, and cuts both ends or not. No answer ever comes. */
type Meeting = (pass: () => void, cut: () => void) => void

/** The address of a database whose connection meets something at a text that an import sends. */
const meetingAt = async (place: string, url: string, meeting: Meeting): Promise<string> => {
  const sockets = new Set<Socket>()
  const join = (client: Socket): void => {
    const upstream = connect(Number(new URL(url).port || 5432), new URL(url).hostname)
    let isFilling = false
    for (const [one, other] of [
      [client, upstream],
      [upstream, client]
    ] as const) {
      sockets.add(one)
      one.on("error", () => other.destroy())
      one.on("close", () => other.destroy())
    }
    client.on("data", (bytes: Buffer) => {
      const text = bytes.toString("latin1")
      isFilling ||= text.includes("LOCK TABLE foreman.heads, foreman.sequences IN EXCLUSIVE MODE")
      const pass = () => void upstream.write(bytes)
      if (!isFilling || !text.includes(place)) return pass()
      upstream.removeAllListeners("data")
      client.removeAllListeners("close")
      meeting(pass, () => {
        client.destroy()
        // What it was passed still arrives.
        upstream.end()
      })
    })
    upstream.on("data", (bytes: Buffer) => client.write(bytes))
  }
  const server = createServer(join).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  const through = new URL(url)
  through.host = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`
  return through.href
}

const prepare = async () => ({
  ...(await Lived.exported()),
  args: ["import", "store.jsonl", "--db"]
})

const commit = "COMMIT\0"

const words =
  "Whether the import stands is not known: import again, which is refused because the store is not empty " +
  "if it does"

describe("an import whose commit is not answered", { timeout: 120_000 }, () => {
  it("says that it may stand, and is refused the next time where it does", async () => {
    const { args, folder, url } = await prepare()
    const through = await meetingAt(commit, url, (pass, cut) => {
      pass()
      cut()
    })
    const lost = await run(folder, [...args, through, "--json"])
    expect(lost).toMatchObject({ code: 4, out: "" })
    const { code, error, ...facts } = JSON.parse(lost.err)
    expect({ code, facts }).toEqual({ code: "StoreError", facts: { ambiguous: true } })
    expect(error).toMatch(/: The store failed at commit: /)
    expect(error.slice(-words.length - 2)).toBe(`. ${words}`)
    const again = await run(folder, [...args, url])
    expect(again).toMatchObject({ code: 1, out: "" })
    expect(again.err).toContain("The store is not empty")
    expect(await run(folder, ["doctor", "--db", url, "--check"])).toMatchObject({ code: 0 })
  })

  it("says so too where it does not, also in an empty store, and is done the next time", async () => {
    const { args, folder, url } = await prepare()
    const through = await meetingAt(commit, url, (_, cut) => cut())
    for (const store of ["new", "empty"]) {
      const lost = await run(folder, [...args, through])
      expect(lost, store).toMatchObject({ code: 4, out: "" })
      expect(lost.err, store).toContain(`. ${words}\n`)
    }
    expect(await run(folder, [...args, url])).toMatchObject({ code: 0, err: "" })
  })

  it("says so where somebody stops it meanwhile", async () => {
    const { args, folder, url } = await prepare()
    const met = Promise.withResolvers<() => void>()
    const through = await meetingAt(commit, url, (pass) => met.resolve(pass))
    const child = start(folder, [...args, through])
    const pass = await met.promise
    child.kill("SIGINT")
    expect(await endOf(child)).toEqual({ code: 130, out: "", err: `${words}\n` })
    pass()
    expect(await run(folder, [...args, url])).toMatchObject({ code: 1, out: "" })
  })

  it("is refused as ever where the connection is lost before, and leaves nothing", async () => {
    const { args, folder, url } = await prepare()
    const through = await meetingAt("foreman.commit_within", url, (_, cut) => cut())
    const lost = await run(folder, [...args, through, "--json"])
    expect(lost).toMatchObject({ code: 4, out: "" })
    const { error, ...facts } = JSON.parse(lost.err)
    expect(error).toContain("The store failed at write: ")
    expect(facts).toEqual({ code: "StoreError" })
    const schemas = "SELECT FROM pg_namespace WHERE nspname = 'foreman'"
    expect(await FreshDatabase.ask(url, schemas)).toEqual([])
  })
})
