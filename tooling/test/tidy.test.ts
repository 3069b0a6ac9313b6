import { catalogue, type Operation } from "@foreman/core"
import { describe, expect, it } from "vitest"
import * as CodeRules from "../src/tidy/CodeRules.ts"
import * as DocRules from "../src/tidy/DocRules.ts"
import * as ImportRules from "../src/tidy/ImportRules.ts"
import * as Manifest from "../src/tidy/Manifest.ts"
import * as NameRules from "../src/tidy/NameRules.ts"
import * as OperationRules from "../src/tidy/OperationRules.ts"
import * as PlatformRules from "../src/tidy/PlatformRules.ts"
import * as Repository from "../src/tidy/Repository.ts"
import { type Finding, show, type SourceFile } from "../src/tidy/SourceFile.ts"
import * as TestRules from "../src/tidy/TestRules.ts"
import * as TextRules from "../src/tidy/TextRules.ts"

const { sources, texts } = Repository.read()
const manifests = texts
  .filter(({ path }) => /(^|\/)package\.json$/.test(path))
  .map((text) => Manifest.read(text))
const operations = Object.entries<Operation.Any>(catalogue)

/** The findings themselves are the message of the failure. */
const none = (findings: ReadonlyArray<Finding>): void =>
  expect(findings.map(show).join("\n")).toBe("")

const ofSources: ReadonlyArray<
  readonly [title: string, check: (file: SourceFile) => ReadonlyArray<Finding>]
> = [
  ["lets packages know core and nobody else", ImportRules.betweenPackages],
  ["lets data flow one way through the layers of core", ImportRules.betweenLayers],
  ["builds core on the stable part of effect alone, and rules on what is pure", ImportRules.ofCore],
  ["names nothing of Node in what a browser loads", PlatformRules.nodeNames],
  ["gives exports names that say something", NameRules.ofExports],
  ["reads the clock in few places", CodeRules.clockReads],
  ["makes generators once", CodeRules.returnedGenerators],
  ["says why each cast holds", CodeRules.bareCasts],
  ["leaves nothing open in comments", CodeRules.leftOpen],
  ["says why a check is turned off", CodeRules.silenced],
  ["keeps the parts of a file in order", CodeRules.rulers],
  ["keeps lines short", CodeRules.longLines],
  ["says at the top of each module what it is", DocRules.ofModule],
  ["documents every export", DocRules.ofExports],
  ["runs every example that claims something", DocRules.idleExamples],
  ["names tests by what holds", TestRules.vagueTitles],
  ["sets no test aside", TestRules.setAside]
]

describe("the repository", () => {
  it("has files to look at", () => {
    expect(sources.length).toBeGreaterThan(50)
    expect(manifests.length).toBeGreaterThan(10)
    expect(operations.length).toBeGreaterThan(20)
  })

  it.each(ofSources)("%s", (_title, check) => none(sources.flatMap(check)))

  it("gives files names that say something", () =>
    none(texts.flatMap(({ path }) => NameRules.ofFile(path))))

  it("names no machine and no desk", () => none(texts.flatMap(TextRules.foreignPhrases)))

  it("locks packages without naming a host", () => none(texts.flatMap(TextRules.lockedAddresses)))

  it("releases all packages in one version", () => none(Manifest.versions(manifests)))

  it("lets no package need what only a composition may", () =>
    none(manifests.flatMap(Manifest.neighbours)))

  it("lets packages need of ours what they import", () =>
    none(Manifest.mismatches(manifests, sources)))

  it("has packages that say what they are", () => none(manifests.flatMap(Manifest.complete)))

  it("has a README in every package", () => none(Manifest.readmes(manifests, texts)))
})

describe("the catalogue", () => {
  it.each(operations)("says everything about %s", (key, operation) =>
    expect(OperationRules.problemsOf([key, operation])).toEqual([])
  )

  it("has a handler for every operation", () => {
    const files = sources.filter(({ path }) => path.startsWith("packages/core/src/handlers/"))
    expect(OperationRules.unbound(operations, files.flatMap(OperationRules.handlersIn))).toEqual([])
  })

  it("gives every operation a place of its own", () =>
    expect(OperationRules.shared(operations)).toEqual([]))
})
