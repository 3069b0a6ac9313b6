import { describe, expect, it } from "vitest"
import * as Manifest from "../../src/tidy/Manifest.ts"
import { parse } from "../../src/tidy/SourceFile.ts"

const good = {
  name: "@foreman/core",
  version: "0.1.0",
  description: "Rules and events",
  license: "MIT",
  type: "module",
  sideEffects: false,
  files: ["dist"],
  engines: { node: ">=22" },
  publishConfig: { access: "public" },
  exports: { ".": { "@foreman/source": "./src", types: "./dist", default: "./dist" } }
}
const manifest = (home: string, fields: object) =>
  Manifest.read({
    path: `packages/${home}/package.json`,
    text: JSON.stringify({ ...good, name: `@foreman/${home}`, ...fields })
  })
const messages = (findings: ReadonlyArray<{ readonly message: string }>) =>
  findings.map(({ message }) => message)

describe("manifests", () => {
  it("have one version", () => {
    const core = manifest("core", {})
    const late = manifest("git", { version: "0.2.0" })
    const needy = manifest("http", { dependencies: { "@foreman/core": "0.0.9", effect: "4" } })
    const hidden = manifest("tooling", { version: "9.0.0", private: true })
    expect(messages(Manifest.versions([core, hidden]))).toEqual([])
    expect(messages(Manifest.versions([core, late, needy]))).toEqual([
      "has version 0.2.0, core has 0.1.0",
      "needs @foreman/core 0.0.9, which has 0.1.0"
    ])
  })

  it("need only the neighbours that the house allows", () => {
    const needs = { dependencies: { "@foreman/git": "0.1.0", "@foreman/core": "0.1.0" } }
    expect(messages(Manifest.neighbours(manifest("http", needs)))).toEqual([
      "needs @foreman/git: only a composition does"
    ])
    expect(Manifest.neighbours(manifest("mcp", needs))).toEqual([])
    expect(
      Manifest.neighbours(manifest("http", { devDependencies: { "@foreman/testkit": "0.1.0" } }))
    ).toEqual([])
  })

  it("need of ours what the package imports, no more and no less", () => {
    const http = manifest("http", {
      dependencies: { "@foreman/core": "1", "@foreman/client": "1" }
    })
    const sources = [
      parse(
        "packages/http/src/Rest.ts",
        'import "@foreman/core/rules/Task"\nimport "@foreman/git"'
      ),
      parse("packages/http/test/Rest.test.ts", 'import "@foreman/client"\nimport "@foreman/mcp"')
    ]
    expect(messages(Manifest.mismatches([http], sources))).toEqual([
      "imports @foreman/git and does not need it",
      "needs @foreman/client and does not import it"
    ])
  })

  it("say what the package is", () => {
    expect(Manifest.complete(manifest("core", {}))).toEqual([])
    for (const field of Object.keys(good).filter((key) => !/name|version/.test(key))) {
      expect(Manifest.complete(manifest("core", { [field]: undefined }))).toHaveLength(1)
    }
    expect(Manifest.complete(manifest("core", { private: true, license: "?" }))).toEqual([])
  })

  it("stand beside a README with a snippet", () => {
    const core = manifest("core", {})
    const readme = (text: string) =>
      messages(Manifest.readmes([core], [{ path: "packages/core/README.md", text }]))
    expect(messages(Manifest.readmes([core], []))).toEqual(["is missing"])
    expect(readme("# Core\n")).toEqual(["has 1 lines, not 5 to 40", "shows no snippet"])
    expect(readme("# Core\n\nText.\n\n```ts\n```\n")).toEqual([])
  })
})
