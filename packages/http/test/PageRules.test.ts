import { assert, describe, it } from "@effect/vitest"
import * as OpenApi from "../src/OpenApi.ts"
import { waysOf } from "../src/internal/page/connect.ts"
import { frameReader, pauseAfter } from "../src/internal/page/feed.ts"
import {
  hasWords,
  type HumanRequest,
  inOrder,
  lengthOf,
  waitsFor
} from "../src/internal/page/model.ts"
import { operationsOf, rowsOf, schemaOf, tryItOf } from "../src/internal/page/openapi.ts"
import { inTurn, takesWords } from "../src/internal/page/requests.ts"
import { matchesStatus } from "../src/internal/page/taskList.ts"
import { taskOf } from "../src/internal/page/world.ts"
import { task } from "./PageTask.ts"

describe("what waits for a person", () => {
  it("is what is to be judged, merged, decided, set free or run again", () => {
    const failed = { status: "in_progress", last_outcome: "failed" } as const
    const cases = [
      [{}, undefined],
      [{ status: "in_progress" }, undefined],
      [{ status: "in_review" }, "review"],
      [{ status: "in_review", live_run_id: "run" }, undefined],
      [{ status: "in_approval" }, "approval"],
      [{ hold: "rejected" }, "held"],
      [{ hold: "approval" }, "decision"],
      [{ hold: "approval_rejected" }, "held"],
      [{ status: "done", hold: "rejected" }, undefined],
      [failed, "failed"],
      [{ ...failed, last_outcome: "succeeded" }, undefined],
      [{ ...failed, is_rework: true }, undefined],
      [{ ...failed, live_run_id: "run" }, undefined],
      [{ ...failed, last_outcome: "lost" }, "failed"]
    ] as const
    for (const [facts, reason] of cases) {
      assert.strictEqual(waitsFor(task(facts)), reason, JSON.stringify(facts))
    }
  })
})

describe("what agents ask a person", () => {
  const request = (facts: Partial<HumanRequest>): HumanRequest => ({
    id: 1,
    team_id: "team",
    agent_id: "agent",
    task_id: null,
    kind: "question",
    question: "Which colour?",
    options: [],
    status: "pending",
    timeout_at: null,
    ...facts
  })

  it("has what has waited longest first", () => {
    const requests = [7, 3, 12].map((id) => request({ id }))
    assert.deepStrictEqual(
      inTurn(requests).map(({ id }) => id),
      [3, 7, 12]
    )
  })

  it("is answered in words, but for an approval", () => {
    const kinds = ["question", "approval", "review"] as const
    assert.deepStrictEqual(
      kinds.map((kind) => takesWords(request({ kind }))),
      [true, false, true]
    )
  })
})

describe("the list of tasks", () => {
  it("has what is under way first, then what is urgent, and what is over last", () => {
    const tasks = [
      task({ id: 1, status: "done" }),
      task({ id: 2, priority: "low" }),
      task({ id: 3, priority: "critical" }),
      task({ id: 4, status: "in_progress" }),
      task({ id: 5, status: "done", updated_at: "2026-11-21T00:00:00.000000Z" })
    ]
    assert.deepStrictEqual(
      tasks.toSorted(inOrder).map(({ id }) => id),
      [4, 3, 2, 5, 1]
    )
  })

  it("is searched by words, wherever they stand", () => {
    for (const words of ["", "login fix", "#7", "WEB", "task-7"])
      assert.isTrue(hasWords(task(), words))
    assert.isFalse(hasWords(task(), "login logout"))
  })

  it("is filtered by one status, by all that are open or not at all", () => {
    assert.isTrue(matchesStatus(task(), "open"))
    assert.isFalse(matchesStatus(task({ status: "done" }), "open"))
    assert.isTrue(matchesStatus(task({ status: "done" }), "all"))
    assert.isTrue(matchesStatus(task(), "todo"))
  })

  it("says how long something took", () => {
    const from = "2026-11-20T08:00:00.000000Z"
    assert.strictEqual(lengthOf(from, "2026-11-20T08:00:09.000000Z"), "9 s")
    assert.strictEqual(lengthOf(from, "2026-11-20T08:02:05.000000Z"), "2 min 5 s")
    assert.strictEqual(lengthOf(from, "2026-11-20T10:03:00.000000Z"), "2 h 3 min")
    assert.strictEqual(lengthOf(null, null), "")
  })
})

describe("the page's feed", () => {
  it("reads frames however they are cut", () => {
    const text = "retry: 1000\nid: a\n\n:\n\nid: b\ndata: {}\n\nid: c\ndata: 1\n"
    for (let at = 0; at <= text.length; at++) {
      const read = frameReader()
      assert.deepStrictEqual(
        [...read(text.slice(0, at)), ...read(text.slice(at))],
        [
          { id: "a", data: "" },
          { id: "b", data: "{}" }
        ]
      )
    }
  })

  it("waits longer and longer for a server that is away, but never long", () => {
    assert.deepStrictEqual([1, 2, 3, 6, 100].map(pauseAfter), [1, 2, 4, 30, 30])
  })

  it("knows which task an event is about", () => {
    const event = { id: 1, org_id: "o", type: "t", created_at: "" }
    assert.strictEqual(taskOf({ ...event, stream_id: "task:7", data: {} }), 7)
    assert.strictEqual(taskOf({ ...event, stream_id: "run:x", data: { task_id: 8 } }), 8)
    assert.isUndefined(taskOf({ ...event, stream_id: "team:x", data: {} }))
  })
})

describe("the commands that connect an agent", () => {
  const path = "/srv/it's here/foreman-mcp.js"
  const ways = new Map(waysOf({ mcp_path: path, token: "t1" }, "http://127.0.0.1:8080", "mine"))

  it("carry the server's address, the token for agents and the program, quoted for a shell", () => {
    const settings = "--env FOREMAN_API_URL=http://127.0.0.1:8080 --env FOREMAN_TOKEN=t1"
    const start = `-- node '/srv/it'\\''s here/foreman-mcp.js'`
    assert.strictEqual(
      ways.get("Claude Code"),
      `claude mcp add ${settings} --transport stdio foreman ${start}`
    )
    assert.strictEqual(ways.get("Codex"), `codex mcp add foreman ${settings} ${start}`)
    assert.deepStrictEqual(JSON.parse(ways.get("Others") ?? ""), {
      mcpServers: {
        foreman: {
          command: "node",
          args: [path],
          env: { FOREMAN_API_URL: "http://127.0.0.1:8080", FOREMAN_TOKEN: "t1" }
        }
      }
    })
  })

  it("fall back to the page's own token, and to none", () => {
    const codex = (token: string | null) =>
      new Map(waysOf({ mcp_path: "/m.js", token: null }, "http://h", token)).get("Codex")
    assert.include(codex("mine"), "FOREMAN_TOKEN=mine")
    assert.notInclude(codex(null), "TOKEN")
  })
})

describe("the commands that connect an agent to a server that speaks MCP itself", () => {
  const connection = { mcp_path: "/m.js", mcp_endpoint: "/mcp", token: null }
  const waysWith = (token: string | null) => new Map(waysOf(connection, "http://h:1", token))

  it("need no program, and show the token in a header or a variable", () => {
    const ways = waysWith("t1")
    const header = "--header 'Authorization: Bearer t1'"
    assert.strictEqual(
      ways.get("Claude Code"),
      `claude mcp add --transport http foreman http://h:1/mcp ${header}`
    )
    assert.strictEqual(
      ways.get("Codex"),
      "export FOREMAN_TOKEN=t1\n" +
        "codex mcp add foreman --url http://h:1/mcp --bearer-token-env-var FOREMAN_TOKEN"
    )
    assert.deepStrictEqual(JSON.parse(ways.get("Others") ?? "").mcpServers.foreman, {
      type: "http",
      url: "http://h:1/mcp",
      headers: { Authorization: "Bearer t1" }
    })
    assert.include(ways.get("Clients without HTTP"), `"FOREMAN_API_URL": "http://h:1"`)
  })

  it("show none where there is none", () => {
    for (const text of waysWith(null).values()) assert.notMatch(text, /token|bearer/i)
  })
})

describe("the page of the API", () => {
  it("shows every operation of the document, with its fields and its answers", () => {
    const { operations, version } = operationsOf(OpenApi.document())
    assert.strictEqual(version, "0.1.0")
    const create = operations.find(({ id }) => id === "create_task")
    assert.isDefined(create)
    if (create === undefined) return
    const rows = rowsOf(create.body ?? {})
    assert.deepStrictEqual(
      rows.filter(([, required]) => required).map(([name]) => name),
      ["title"]
    )
    const missing = create.responses.find(({ status }) => status === "404")
    assert.isAbove(rowsOf(missing?.schema ?? {}).length, 2)
    assert.include(create.text, "create task")
    assert.include(tryItOf(create, "http://h"), `-d '{"title":"..."}'`)
  })

  it("says of a field what its schema says", () => {
    assert.deepStrictEqual(schemaOf({ type: "integer", minimum: 1, description: "How many" }), {
      type: "integer",
      words: "How many; at least 1"
    })
    assert.strictEqual(schemaOf({ enum: ["a", "b"] }).type, '"a" | "b"')
    assert.strictEqual(
      schemaOf({ anyOf: [{ type: "string" }, { type: "null" }] }).type,
      "string | null"
    )
    assert.strictEqual(schemaOf({ type: "array", items: { type: "string" } }).type, "string[]")
    assert.strictEqual(schemaOf({ allOf: [{ maxLength: 3 }] }).words, "at most 3 characters")
  })
})
