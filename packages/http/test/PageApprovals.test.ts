import { assert, describe, it } from "@effect/vitest"
import { Refused } from "../src/internal/page/api.ts"
import { agreedOf, outcomeOf, refusalOf, wordingOf } from "../src/internal/page/approvals.ts"
import { legible } from "../src/internal/page/elements.ts"
import {
  type Approval,
  askedBeside,
  type HumanRequest,
  inQueue
} from "../src/internal/page/model.ts"
import { standingOf } from "../src/internal/page/taskList.ts"
import { isDueHere, whyNot } from "../src/internal/page/waiting.ts"
import { task } from "./PageTask.ts"

const approval = (facts: Partial<Approval> = {}): Approval => ({
  id: "a",
  task_id: 7,
  team_id: "team",
  agent_id: "agent",
  request_id: null,
  kind: "dispatch",
  action: { description: "git push", acceptance: "" },
  summary: "Publish",
  reason: "git push requires approval",
  risk: "high",
  urgency: 10,
  rule: "strict.git_push",
  policy: "strict",
  quorum: 1,
  decisions: [],
  status: "pending",
  rejection_reason: null,
  expiry_reason: null,
  expires_at: null,
  created_at: "2026-11-20T08:30:00.000000Z",
  ...facts
})

const request = (id: number): HumanRequest => ({
  id,
  team_id: "team",
  agent_id: "agent",
  task_id: 7,
  kind: "approval",
  question: "git push?",
  options: ["approve", "reject"],
  status: "pending",
  timeout_at: null
})

describe("what waits for a decision", () => {
  const waiting = task({ hold: "approval", approval_id: "a" })

  it("has what can do most harm first, then the most urgent, then the oldest", () => {
    const queue = [
      approval({ id: "low", risk: "low", urgency: 100 }),
      approval({ id: "late", created_at: "2026-11-21T00:00:00.000000Z" }),
      approval({ id: "early" }),
      approval({ id: "urgent", urgency: 50 }),
      approval({ id: "critical", risk: "critical", urgency: 1 })
    ]
    assert.deepStrictEqual(
      queue.toSorted(inQueue).map(({ id }) => id),
      ["critical", "urgent", "early", "late", "low"]
    )
  })

  it("is shown once: as the approval, neither as a held task nor as a request", () => {
    const approvals = new Map([["a", approval({ request_id: 3 })]])
    assert.isFalse(isDueHere(waiting, { approvals }))
    const beside = askedBeside([2, 3].map(request), approvals.values())
    assert.deepStrictEqual(
      beside.map(({ id }) => id),
      [2]
    )
  })

  it("is shown as its task where the approval cannot be read", () => {
    assert.isTrue(isDueHere(waiting, { approvals: new Map() }))
    assert.isTrue(isDueHere(waiting, { approvals: new Map([["b", approval({ id: "b" })]]) }))
    assert.isFalse(isDueHere(task(), { approvals: new Map() }))
  })

  it("is not called held in the list of tasks", () => {
    assert.deepStrictEqual(standingOf(waiting), ["in_approval", "needs approval"])
    assert.deepStrictEqual(standingOf(task({ hold: "approval_rejected" })), ["held", "held"])
    assert.deepStrictEqual(standingOf(task({ status: "in_review" })), ["in_review", "in review"])
  })

  it("shows the words that are approved, of a task and of a running agent", () => {
    const action = { description: "git push", acceptance: "It is there", title: "Publish" }
    assert.strictEqual(wordingOf({ kind: "dispatch", action }), "git push\n\nIt is there")
    assert.strictEqual(
      wordingOf({ kind: "command", action: { asked: "npm publish" } }),
      "npm publish"
    )
    assert.strictEqual(wordingOf({ kind: "command", action: { asked: { not: "text" } } }), "")
  })

  it("brings into sight what would turn the words round, and leaves the others alone", () => {
    assert.strictEqual(legible("rm \u202Eslaerc\u202C"), "rm \\u{202e}slaerc\\u{202c}")
    assert.strictEqual(legible("a\u001B[2Kb\r"), "a\\u{1b}[2Kb\\u{d}")
    const plain = "<b>Zeile 1</b>\n\tZeile 2, ümläut, שלום, 👩‍💻"
    assert.strictEqual(legible(plain), plain)
  })
})

describe("what comes of a decision", () => {
  const by = (name: string) => ({ by: name, verdict: "approve" })

  it("is said, also that others have to agree", () => {
    assert.strictEqual(outcomeOf(approval({ status: "approved" })), "Approved: task 7")
    assert.strictEqual(outcomeOf(approval({ status: "used" })), "Approved: task 7")
    assert.strictEqual(outcomeOf(approval({ status: "rejected" })), "Rejected: task 7")
    const open = approval({ quorum: 3, decisions: [by("ada")] })
    assert.strictEqual(outcomeOf(open), "You have agreed; 2 more have to")
    assert.strictEqual(outcomeOf({ ...open, quorum: 2 }), "You have agreed; 1 more has to")
    assert.strictEqual(agreedOf(open), "1 of 3: ada")
    assert.strictEqual(agreedOf({ ...open, decisions: [] }), "0 of 3")
  })

  it("is said where somebody else was first, or time or the task has gone on", () => {
    const over = new Refused(409, "ApprovalIsOver", "Approval a is already over")
    const cases = [
      [{ status: "rejected", rejection_reason: "Not now" }, /rejected this already: Not now/],
      [{ status: "approved" }, /approved this already/],
      [{ status: "used" }, /approved this already/],
      [{ status: "expired", expiry_reason: "timeout" }, /nobody decided it in time/],
      [{ status: "expired", expiry_reason: "changed" }, /changed since/],
      [{ status: "expired", expiry_reason: "run_ended" }, /run that asked is over/],
      [{ status: "expired", expiry_reason: "news" }, /expired/],
      [{ status: "pending" }, /^Approval a is already over$/]
    ] as const
    for (const [facts, words] of cases) {
      assert.match(refusalOf(over, approval(facts)), words)
      assert.match(refusalOf(new Refused(410, "Gone", over.message), approval(facts)), words)
    }
    assert.strictEqual(refusalOf(over, undefined), over.message)
  })

  it("is said where it is not theirs, not there, or not reached", () => {
    const own = new Refused(403, "MayNotDecide", "ada wrote it, so someone else decides")
    assert.strictEqual(refusalOf(own, approval()), `You may not decide this. ${own.message}`)
    assert.match(refusalOf(new Refused(404, "ApprovalNotFound", "No"), undefined), /not there/)
    assert.strictEqual(refusalOf(new Refused(503, "Busy", "Try later"), undefined), "Try later")
    assert.strictEqual(refusalOf(new TypeError("Failed to fetch"), undefined), "Failed to fetch")
  })

  it("stays with the task that may not start: who said no and why, or that nobody did", () => {
    const reason = "git push requires approval"
    const no = { by: "operator", verdict: "reject" }
    const said = approval({ status: "rejected", rejection_reason: "Not now", decisions: [no] })
    assert.strictEqual(whyNot(said), `operator said no: Not now (${reason})`)
    assert.strictEqual(whyNot({ ...said, rejection_reason: reason }), `Forbidden: ${reason}`)
    assert.match(whyNot(approval({ status: "expired" })), /^Nobody decided in time/)
    assert.strictEqual(whyNot(approval()), reason)
  })
})
