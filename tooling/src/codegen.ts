/**
 * Makes what is generated and checked in: barrels, the reference pages, the OpenAPI document and the
 * list of tools, and the code that pages show. `npm run codegen` writes what differs; with `--check` it
 * only says so, and fails.
 */
import type * as Pages from "./codegen/pages.ts"
import { barrels } from "./codegen/Barrel.ts"
import { type Generated, stale, write } from "./codegen/Generated.ts"
import { snippets } from "./snippets/snippets.ts"
import { read, root } from "./tidy/Repository.ts"

// internal --------------------------------------------------------------------

const check = process.argv.includes("--check")

const settle = (files: ReadonlyArray<Generated>): number => {
  const changed = check ? stale(root, files) : write(root, files)
  for (const path of changed) console.log(check ? `${path} is stale` : `wrote ${path}`)
  return changed.length
}

// Barrels come first: the pages import packages through them, and a stale one may not even load.
let changed = settle(barrels(read().sources))
const { pages }: typeof Pages = await import("./codegen/pages.ts")
changed += settle(pages())
changed += settle(await snippets())

if (changed === 0) console.log("everything generated is up to date")
if (check && changed > 0) {
  console.error("run `npm run codegen`")
  process.exitCode = 1
}
