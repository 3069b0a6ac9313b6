/**
 * Records the demo as it runs into `docs/demo.svg`, which plays it in the README: every line appears
 * when it appeared.
 *
 * @since 0.1.0
 */
import { spawnSync } from "node:child_process"
import { writeFileSync } from "node:fs"
import { resolve } from "node:path"

// models ----------------------------------------------------------------------

interface Line {
  readonly at: number
  readonly text: string
}

// rules -----------------------------------------------------------------------

const size = { width: 880, row: 21, left: 18, top: 52 }

/** The lines of the demo with the second at which each was written. */
export const linesOf = (output: string): ReadonlyArray<Line> => {
  let at = 0
  return output
    .split("\n")
    .filter((text) => !text.startsWith("> "))
    .map((text) => {
      const [, seconds] = /^ *(\d+\.\d)s {2}/.exec(text) ?? []
      at = seconds === undefined ? at : Number(seconds)
      return { at, text }
    })
    .filter(({ text }, index, all) => text !== "" || (all[index - 1]?.text ?? "") !== "")
}

/** The picture of some lines. */
export const svgOf = (lines: ReadonlyArray<Line>): string => {
  const height = size.top + lines.length * size.row + 14
  const rows = lines.map(({ at, text }, index) => {
    const y = size.top + index * size.row
    const delay = `animation-delay:${(at + index * 0.02).toFixed(2)}s`
    return `<text class="${classOf(text)}" x="${size.left}" y="${y}" style="${delay}">${escape(text)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" role="img">
<title>npm run demo</title>
<style>
rect{fill:#14171c}
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre;fill:#c8ccd4;opacity:0;animation:show .01s forwards}
.merged,.good{fill:#8fd19e}.approved{fill:#79c0d8}.started{fill:#e3c78a}.bad{fill:#f08a80}
.prompt{fill:#7d8590;opacity:1;animation:none}
@keyframes show{to{opacity:1}}
@media (prefers-reduced-motion:reduce){text{opacity:1;animation:none}}
</style>
<rect width="${size.width}" height="${height}" rx="10"/>
<text class="prompt" x="${size.left}" y="28">$ npm run demo</text>
${rows.join("\n")}
</svg>
`
}

// internal --------------------------------------------------------------------

const classOf = (text: string): string =>
  text.includes(" merged as ")
    ? "merged"
    : text.includes(" approved by ")
      ? "approved"
      : text.includes(" -> ")
        ? "started"
        : text.includes("exactly once")
          ? "good"
          : text.includes(" failed")
            ? "bad"
            : "plain"

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const root = resolve(import.meta.dirname, "../..")

if (import.meta.main) {
  const demo = spawnSync("npm", ["run", "--silent", "demo"], { cwd: root, encoding: "utf8" })
  if (demo.status !== 0) throw new Error(`The demo ended with ${demo.status}: ${demo.stderr}`)
  writeFileSync(resolve(root, "docs/demo.svg"), svgOf(linesOf(demo.stdout)))
}
