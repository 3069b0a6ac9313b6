/**
 * Starts a program of Foreman on a Node that is recent enough for it: this one, or the one that was
 * installed with it. Plain JavaScript that any Node from 20 on can run.
 */
import { spawn } from "node:child_process"
import { existsSync, readFileSync, realpathSync } from "node:fs"
import { dirname, join } from "node:path"
import process from "node:process"
import { fileURLToPath, pathToFileURL } from "node:url"

const isRecent = (version) => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}

/** The version of a Node that was installed as a package: its program lies in the package's `bin`. */
const versionOf = (program) => {
  try {
    const { name, version } = JSON.parse(
      readFileSync(join(dirname(dirname(program)), "package.json"), "utf8")
    )
    return /^node\b/.test(name) ? version : "0"
  } catch {
    return "0"
  }
}

const system = process.platform === "win32" ? "win" : process.platform

/** The first Node recent enough in the `node_modules` of this folder and those above it. */
const findNode = (folder) => {
  for (const place of [".bin/node", `node-${system}-${process.arch}/bin/node`]) {
    const found = join(folder, "node_modules", place)
    if (!existsSync(found)) continue
    const program = realpathSync(found)
    if (isRecent(versionOf(program))) return program
  }
  const above = dirname(folder)
  return above === folder ? undefined : findNode(above)
}

/** Runs the program in a child, which lives no longer than this process and ends it with its code. */
const run = (name, node, flags) => {
  const child = spawn(node, flags, { stdio: ["inherit", "inherit", "inherit", "ipc"] })
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => child.kill(signal))
  }
  child.on("error", (error) => {
    process.stderr.write(`${name}: ${node} does not start: ${error.message}\n`)
    process.exitCode = 1
  })
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** Starts the program of the package to whose `bin` the address belongs. */
export const start = async (name, address) => {
  const root = dirname(dirname(realpathSync(fileURLToPath(address))))
  const source = join(root, "src", "main.ts")
  const isSource = existsSync(source)
  const program = isSource ? source : join(root, "dist", "main.js")
  const condition = "--conditions=@foreman/source"
  const node = isRecent(process.versions.node) ? process.execPath : findNode(root)

  if (node === undefined) {
    const found = `this is ${process.versions.node}, and no newer one is in node_modules`
    process.stderr.write(`${name} needs Node 22.19 or newer; ${found}\n`)
    process.exitCode = 1
  } else if (node === process.execPath && (!isSource || process.execArgv.includes(condition))) {
    await import(pathToFileURL(program).href)
  } else {
    run(name, node, [...(isSource ? [condition] : []), program, ...process.argv.slice(2)])
  }
}
