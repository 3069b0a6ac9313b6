#!/usr/bin/env node
/**
 * Starts Foreman's command line. Plain JavaScript that any Node from 20 on can run: how it finds one
 * that is recent enough for the program itself is the same as for `foreman-mcp`.
 */
import { createRequire } from "node:module"
import { dirname, join } from "node:path"
import { pathToFileURL } from "node:url"

const mcp = dirname(createRequire(import.meta.url).resolve("@foreman/mcp/package.json"))
const { start } = await import(pathToFileURL(join(mcp, "bin", "start.js")).href)

await start("foreman", import.meta.url)
