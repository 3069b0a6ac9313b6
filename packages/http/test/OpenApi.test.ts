import { assert, describe, expect, it } from "@effect/vitest"
import { catalogue } from "@foreman/core"
import * as OpenApi from "../src/OpenApi.ts"

// oxlint-disable-next-line typescript/no-explicit-any -- a test looks into what it expects
const document: any = OpenApi.document()

const namesIn = (
  parameters: ReadonlyArray<{
    readonly in: string
    readonly name: string
    readonly required: boolean
  }>
) => parameters.map(({ in: place, name, required }) => [place, name, required])

describe("the OpenAPI document", () => {
  it("is checked in as the catalogue says it", async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot("../openapi.json")
  })

  it("has every operation of the catalogue once, and the feed", () => {
    const ids = Object.values<object>(document.paths).flatMap((item) =>
      Object.values(item).map(({ operationId }) => operationId)
    )
    const names = Object.values(catalogue).map(({ name }) => name)
    assert.deepStrictEqual(ids.toSorted(), [...names, "follow_events"].toSorted())
  })

  it("splits an input by path, query and body", () => {
    const list = document.paths["/api/v1/teams/{team_id}/tasks"].get
    assert.deepStrictEqual(namesIn(list.parameters), [
      ["path", "team_id", true],
      ["query", "status", false],
      ["query", "assignee_id", false],
      ["query", "offset", false],
      ["query", "limit", false],
      ["query", "cursor", false]
    ])
    assert.notProperty(list, "requestBody")
    assert.strictEqual(list.responses[200].content["application/json"].schema.type, "array")
    assert.property(list.responses[200].headers, "Link")

    const move = document.paths["/api/v1/tasks/{task_id}/status"].post
    assert.deepStrictEqual(namesIn(move.parameters), [
      ["path", "task_id", true],
      ["header", "Idempotency-Key", false],
      ["header", "Foreman-Dry-Run", false]
    ])
    const body = move.requestBody.content["application/json"].schema
    assert.deepStrictEqual(
      [Object.keys(body.properties), body.required],
      [["status", "actor_id"], ["status"]]
    )
  })

  it("gives every refusal its status, its code and its facts", () => {
    const { responses } = document.paths["/api/v1/tasks/{task_id}/status"].post
    assert.containsAllKeys(responses, [
      "200",
      "401",
      "403",
      "404",
      "409",
      "413",
      "415",
      "422",
      "503"
    ])
    const conflicts = responses[409].content["application/json"].schema.oneOf
    assert.deepInclude(conflicts, { $ref: "#/components/schemas/IllegalMove" })
    const { IllegalMove, InvalidInput } = document.components.schemas
    assert.deepStrictEqual(IllegalMove.properties.code, { const: "IllegalMove" })
    assert.deepStrictEqual(IllegalMove.required, [
      "detail",
      "code",
      "task_id",
      "from",
      "to",
      "allowed"
    ])
    assert.strictEqual(InvalidInput.properties.detail.type, "array")
  })

  it("says what a dry run of a command answers, and offers none of a query", () => {
    const create = document.paths["/api/v1/teams/{team_id}/tasks"].post
    const dry = { $ref: "#/components/schemas/DryRun" }
    assert.deepStrictEqual(create.responses[200].content["application/json"].schema, dry)
    assert.deepStrictEqual(document.components.schemas.DryRun.required, [
      "dry_run",
      "events",
      "more"
    ])
    const list = document.paths["/api/v1/teams/{team_id}/tasks"].get
    assert.notInclude(JSON.stringify(list), "Dry-Run")
  })

  it("describes what managers are refused in their own dialect", () => {
    const { responses } = document.paths["/api/manager/commands"].post
    assert.containsAllKeys(responses, ["200", "400", "401", "403", "404", "409", "500"])
    assert.notProperty(responses, "422")
    const { oneOf } = responses[400].content["application/json"].schema
    assert.deepInclude(oneOf, { $ref: "#/components/schemas/ManagerUnsupportedAction" })
    assert.deepInclude(oneOf, { $ref: "#/components/schemas/ManagerInvalidInput" })
    const { ManagerTaskActionConflict: conflict } = document.components.schemas
    assert.deepStrictEqual(conflict.properties.error, { type: "string" })
    assert.includeMembers(conflict.required, ["error", "code", "task_id", "task_state"])
    assert.notInclude(conflict.required, "run_id")
    const { parameters } = document.paths["/api/manager/tasks/{task_id}/cancel"].post
    assert.deepInclude(namesIn(parameters), ["query", "project_id", false])
  })

  it("asks a query for no key and health for no token", () => {
    const health = document.paths["/health"].get
    assert.deepStrictEqual(health.security, [])
    assert.deepStrictEqual(Object.keys(health.responses), ["200", "503"])
    const { responses } = document.paths["/api/v1/orgs"].get
    assert.notInclude(JSON.stringify(responses), "IdempotencyKeyReused")
  })

  it("refers to nothing that it does not have", () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)]
    assert.isAbove(references.length, 50)
    for (const [, path = ""] of references) {
      const target = path.split("/").reduce((node, key) => node?.[key], document)
      assert.isDefined(target, path)
    }
  })

  it("says what every operation and every refusal is", () => {
    for (const item of Object.values<object>(document.paths)) {
      for (const { description, responses, summary } of Object.values(item)) {
        assert.isNotEmpty(summary)
        assert.isNotEmpty(description)
        for (const response of Object.values<object>(responses)) {
          assert.isTrue("$ref" in response || "description" in response)
        }
      }
    }
  })
})
