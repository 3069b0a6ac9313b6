import { execFileSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { expect, it, onTestFinished } from "vitest"
import { compiled } from "../../src/programs/TestProgram.ts"

const output = (program: string): string => String(execFileSync(process.execPath, [program]))

it("compiles what the sources are now, and finds beside it what lies beside them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "foreman-program-"))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write("beside.txt", "beside it")
  write(
    "part.ts",
    `import { readFileSync } from "node:fs"
     const path: URL = new URL("beside.txt", import.meta.url)
     export const text: string = readFileSync(path, "utf8")`
  )
  write("begin.ts", `import { text } from "./part.ts"; console.log(text)`)
  const first = await compiled(join(folder, "begin.ts"))
  expect(output(first)).toBe("beside it\n")
  expect(await compiled(join(folder, "begin.ts"))).toBe(first)
  write("part.ts", `export const text: string = "changed"`)
  const second = await compiled(join(folder, "begin.ts"))
  // Who has begun with the old one goes on with it.
  expect([output(second), output(first)]).toEqual(["changed\n", "beside it\n"])
})
