import { afterAll, assert, describe, it } from "@effect/vitest"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Receiver from "./Receiver.ts"

const folder = await mkdtemp(join(tmpdir(), "foreman-deliveries-"))
const processes: Array<ChildProcess> = []

afterAll(async () => {
  for (const process of processes) process.kill("SIGKILL")
  await rm(folder, { recursive: true, force: true })
})

const program = fileURLToPath(new URL("./fixtures/deliverer.ts", import.meta.url))

const begin = (file: string, url: string, questions: number): ChildProcess => {
  const rest = [program, join(folder, file), url, String(questions)]
  const child = spawn(process.execPath, ["--conditions=@foreman/source", ...rest], {
    stdio: ["ignore", "ignore", "inherit"]
  })
  processes.push(child)
  return child
}

const end = async (child: ChildProcess) => {
  const exited = once(child, "exit")
  child.kill("SIGKILL")
  await exited
}

describe("a process that tells what happened", () => {
  it("is killed in the middle, and its successor tells the same under the same key", async () => {
    let isDeaf = true
    const receiver = await Receiver.start((received, response) => {
      if (!isDeaf) Receiver.ok(received, response)
    })
    const first = begin("killed.db", receiver.url, 3)
    // Who is kept waiting by the machine tells the same once more.
    const byKey = async (from: number) => {
      const bodies = new Map<unknown, string>()
      for (let count = from; bodies.size < 3; count++) {
        const { headers, text } = (await receiver.until(count + 1))[count] ?? assert.fail()
        const key = headers["idempotency-key"]
        assert.strictEqual(text, bodies.get(key) ?? text, "a key that comes again has its body")
        bodies.set(key, text)
      }
      return [...bodies].toSorted()
    }
    // Each question is about something else, so all are on their way at once.
    const before = await byKey(0)
    await end(first)
    isDeaf = false
    const told = receiver.received.length
    const second = begin("killed.db", receiver.url, 0)
    const after = await byKey(told)
    assert.deepStrictEqual(after, before, "the same keys, each with the same body")
    await end(second)
    await receiver.close()
  })

  it("tells everything to a receiver that refuses, hangs up, is gone and comes back", async () => {
    let tries = 0
    const accepted = new Set<string>()
    const answer: Receiver.Answer = (received, response) => {
      tries += 1
      if (tries % 3 === 1) return void response.writeHead(500).end()
      if (tries % 3 === 2) return void response.destroy()
      accepted.add(String(received.body.data.question))
      Receiver.ok(received, response)
    }
    const receiver = await Receiver.start(answer)
    const port = Number(new URL(receiver.url).port)
    const teller = begin("gone.db", receiver.url, 4)
    await receiver.until(2)
    await receiver.close()
    const again = await Receiver.start(answer, port)
    while (accepted.size < 4) await again.until(again.received.length + 1)
    assert.sameMembers([...accepted], ["question 1", "question 2", "question 3", "question 4"])
    await end(teller)
    await again.close()
  })
})
