import { assert, describe, it } from "@effect/vitest"
import { Result, Schema } from "effect"
import * as fc from "fast-check"

import { HumanRequest, Identifier } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

const { given } = GivenWhenThen
const minute = 60_000_000
const now = 1_767_225_600_000_000
const at = Identifier.timestamp(now)
const later = Identifier.timestamp(now + 5 * minute)
const requestId = Identifier.HumanRequestId.make(7)
const agentId = Identifier.AgentId.make("00000000-0000-7000-8000-0000000000a1")

const wanted: HumanRequest.Wanted = {
  teamId: Identifier.TeamId.make("00000000-0000-7000-8000-000000000001"),
  agentId,
  taskId: Identifier.TaskId.make(3),
  runId: Identifier.RunId.make("00000000-0000-7000-8000-0000000000b1"),
  kind: "question",
  question: "Which colour?",
  options: ["red", "blue"],
  timeoutMinutes: 5
}
const { timeoutMinutes: _, ...asked } = wanted
const created: HumanRequest.HumanRequestEvent = {
  type: "human_request.created",
  data: { ...asked, requestId, timeoutAt: later }
}
const resolved: HumanRequest.HumanRequestEvent = {
  type: "human_request.resolved",
  data: { requestId, response: "red", respondedBy: "operator" }
}
const expired = (reason: HumanRequest.ExpiryReason): HumanRequest.HumanRequestEvent => ({
  type: "human_request.expired",
  data: { requestId, reason }
})
const pending = HumanRequest.evolve(undefined, created, at)!
const person = { isPerson: true, now }
const red = { response: "red", respondedBy: "operator" }

describe("asking a person", () => {
  it("makes a request that waits", () => {
    given(wanted)
      .when((wanted) => HumanRequest.ask(wanted, { requestId, now }))
      .then(created)
    assert.deepStrictEqual(pending, {
      ...asked,
      id: requestId,
      status: "pending",
      reason: null,
      response: null,
      respondedBy: null,
      timeoutAt: later,
      createdAt: at,
      resolvedAt: null
    })
  })

  it("never expires by itself without minutes, or with none of them", () => {
    for (const timeoutMinutes of [null, 0]) {
      const events = HumanRequest.ask({ ...wanted, timeoutMinutes }, { requestId, now })
      assert.deepInclude(Result.getOrThrow(events)[0]?.data, { timeoutAt: null })
    }
  })

  it("offers to approve or to reject where an approval offers nothing, and nothing else", () => {
    const optionsOf = (kind: HumanRequest.RequestKind, options: ReadonlyArray<string>) => {
      const events = HumanRequest.ask({ ...wanted, kind, options }, { requestId, now })
      const [event] = Result.getOrThrow(events)
      return event?.type === "human_request.created" ? event.data.options : undefined
    }
    assert.deepStrictEqual(optionsOf("approval", []), ["approve", "reject"])
    assert.deepStrictEqual(optionsOf("approval", ["yes"]), ["yes"])
    assert.deepStrictEqual(optionsOf("question", []), [])
    assert.deepStrictEqual(optionsOf("review", []), [])
  })

  it("takes no blank question and no blank answer, nor options that are blank, many or the same", () => {
    const takes = (schema: Schema.Decoder<unknown>) => Schema.is(schema)
    for (const text of ["", " ", "\n\t"]) {
      assert.isFalse(takes(HumanRequest.Question)(text))
      assert.isFalse(takes(HumanRequest.Response)(text))
      assert.isFalse(takes(HumanRequest.Options)([text]))
    }
    assert.isTrue(takes(HumanRequest.Question)("a".repeat(10_000)))
    assert.isFalse(takes(HumanRequest.Question)("a".repeat(10_001)))
    const many = Array.from({ length: 21 }, (_, index) => `option ${index}`)
    assert.isTrue(takes(HumanRequest.Options)(many.slice(1)))
    for (const options of [many, ["a", "a"], ["a".repeat(201)]]) {
      assert.isFalse(takes(HumanRequest.Options)(options))
    }
  })
})

describe("answering", () => {
  it("resolves a request, once; the same answer again changes nothing", () => {
    given(pending)
      .when((request) => HumanRequest.respond(request, red, person))
      .then(resolved)
    const again = { ...red, respondedBy: "somebody else" }
    given(HumanRequest.evolve, created, resolved)
      .when((request) => HumanRequest.respond(request, again, person))
      .thenNothing()
    assert.deepInclude(HumanRequest.evolve(pending, resolved, later), {
      status: "resolved",
      response: "red",
      respondedBy: "operator",
      resolvedAt: later
    })
  })

  it("refuses another answer, and any after the end", () => {
    given(HumanRequest.evolve, created, resolved)
      .when((request) => HumanRequest.respond(request, { ...red, response: "blue" }, person))
      .thenRejected(new HumanRequest.HumanRequestIsOver({ requestId, status: "resolved" }))
    for (const reason of HumanRequest.ExpiryReason.literals) {
      given(HumanRequest.evolve, created, expired(reason))
        .when((request) => HumanRequest.respond(request, red, person))
        .thenRejected(new HumanRequest.HumanRequestIsOver({ requestId, status: "expired" }))
    }
  })

  it("comes too late from the instant of the timeout on, recorded or not", () => {
    const due = now + 5 * minute
    given(pending)
      .when((request) => HumanRequest.respond(request, red, { ...person, now: due }))
      .thenRejected(new HumanRequest.HumanRequestIsOver({ requestId, status: "expired" }))
    given(pending)
      .when((request) => HumanRequest.respond(request, red, { ...person, now: due - 1 }))
      .then(resolved)
  })

  it("is no agent's, whatever stands", () => {
    const wish = { ...red, respondedBy: agentId }
    for (const events of [[], [resolved], [expired("timeout")]]) {
      given(HumanRequest.evolve, created, ...events)
        .when((request) => HumanRequest.respond(request, wish, { isPerson: false, now }))
        .thenRejected(new HumanRequest.NotAPerson({ requestId, named: agentId }))
    }
  })

  it("binds an approval to its options, and takes any words for the other kinds", () => {
    const wish = { ...red, response: "green" }
    for (const kind of HumanRequest.RequestKind.literals) {
      const decision = HumanRequest.respond({ ...pending, kind }, wish, person)
      assert.strictEqual(Result.isFailure(decision), kind === "approval", kind)
    }
    given({ ...pending, kind: "approval" as const })
      .when((request) => HumanRequest.respond(request, wish, person))
      .thenRejected(new HumanRequest.AnswerNotOffered({ requestId, options: ["red", "blue"] }))
  })

  it("says in its refusals what stands", () => {
    const message = (status: HumanRequest.RequestStatus) =>
      new HumanRequest.HumanRequestIsOver({ requestId, status }).message
    assert.strictEqual(message("resolved"), "Human request 7 is already resolved")
    assert.strictEqual(message("expired"), "Human request 7 is already expired")
    assert.strictEqual(
      new HumanRequest.HumanRequestNotFound({ requestId: 7 }).message,
      "Human request not found"
    )
    assert.strictEqual(
      new HumanRequest.NotAPerson({ requestId, named: "a" }).message,
      "Human request 7 is for a person, and a is none"
    )
    assert.strictEqual(
      new HumanRequest.AnswerNotOffered({ requestId, options: ["yes", "no"] }).message,
      "Human request 7 is answered with one of: yes, no"
    )
  })
})

describe("the end without an answer", () => {
  it("comes when the time is up, not before, and not to what has ended", () => {
    const due = now + 5 * minute
    given(pending)
      .when((request) => HumanRequest.expire(request, due))
      .then(expired("timeout"))
    for (const [request, instant] of [
      [pending, due - 1],
      [{ ...pending, timeoutAt: null }, due],
      [HumanRequest.evolve(pending, resolved, at)!, due]
    ] as const) {
      given(request)
        .when((request) => HumanRequest.expire(request, instant))
        .thenNothing()
    }
  })

  it("comes with the end of the run, but for what has ended", () => {
    given(pending).when(HumanRequest.withdraw).then(expired("run_ended"))
    given(HumanRequest.evolve, created, resolved).when(HumanRequest.withdraw).thenNothing()
  })

  it("is seen from its instant on, before it is recorded", () => {
    const due = now + 5 * minute
    assert.strictEqual(HumanRequest.seenAt(pending, due - 1), pending)
    const recorded = HumanRequest.evolve(pending, expired("timeout"), later)
    assert.deepStrictEqual(HumanRequest.seenAt(pending, due), recorded)
  })

  it("leaves nothing of a request that is not there", () => {
    for (const event of [resolved, expired("timeout")]) {
      assert.isUndefined(HumanRequest.evolve(undefined, event, at))
    }
  })
})

describe("whatever is done to a request", () => {
  const wish = fc.oneof(
    fc.record({
      _tag: fc.constant("respond" as const),
      response: fc.constantFrom("approve", "reject", "red", "other"),
      isPerson: fc.boolean()
    }),
    fc.record({ _tag: fc.constant("expire" as const) }),
    fc.record({ _tag: fc.constant("withdraw" as const) })
  )
  const story = fc.record({
    kind: fc.constantFrom(...HumanRequest.RequestKind.literals),
    options: fc.subarray(["red", "other"]),
    timeoutMinutes: fc.option(fc.integer({ min: 0, max: 3 })),
    wishes: fc.array(fc.tuple(wish, fc.integer({ min: 0, max: 2 })), { maxLength: 8 })
  })

  it("ends at most once, along the transitions, and then never changes", () => {
    fc.assert(
      fc.property(story, ({ wishes, ...changes }) => {
        const facts = { requestId, now }
        const [first] = Result.getOrThrow(HumanRequest.ask({ ...wanted, ...changes }, facts))
        let request = HumanRequest.evolve(undefined, first!, at)!
        let instant = now
        for (const [wish, minutes] of wishes) {
          instant += minutes * minute
          const decision = decisionOf(request, wish, instant)
          const events = Result.isSuccess(decision) ? decision.success : []
          assert.isAtMost(events.length, 1)
          if (request.status !== "pending") assert.deepStrictEqual(events, [])
          for (const event of events) {
            const next = HumanRequest.evolve(request, event, Identifier.timestamp(instant))!
            assert.include(HumanRequest.transitions[request.status], next.status)
            request = next
          }
          assertWhole(request)
        }
      })
    )
  })

  type Wish = typeof wish extends fc.Arbitrary<infer A> ? A : never

  const decisionOf = (request: HumanRequest.HumanRequest, wish: Wish, instant: number) => {
    if (wish._tag === "expire") return HumanRequest.expire(request, instant)
    if (wish._tag === "withdraw") return HumanRequest.withdraw(request)
    const { isPerson, response } = wish
    const facts = { isPerson, now: instant }
    const decision = HumanRequest.respond(request, { response, respondedBy: "x" }, facts)
    if (!isPerson) assert.isTrue(Result.isFailure(decision))
    return decision
  }

  const assertWhole = (request: HumanRequest.HumanRequest) => {
    const { kind, options, reason, resolvedAt, respondedBy, response, status } = request
    assert.strictEqual(status === "resolved", response !== null && respondedBy !== null)
    assert.strictEqual(status === "expired", reason !== null)
    assert.strictEqual(status === "pending", resolvedAt === null)
    if (kind === "approval" && response !== null) assert.include(options, response)
  }
})
