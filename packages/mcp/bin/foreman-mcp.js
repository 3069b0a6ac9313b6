#!/usr/bin/env node
/**
 * Starts Foreman's MCP server. Plain JavaScript that any Node from 20 on can run: the machine's own
 * Node may be too old for the program itself, which then runs on the one that was installed with it.
 */
import { start } from "./start.js"

await start("foreman-mcp", import.meta.url)
