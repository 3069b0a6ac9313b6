import { assert, describe, it } from "@effect/vitest"
import {
  Actor,
  ArtifactStoreMemory,
  Authorization,
  Driver,
  DriverMemory,
  Foreman,
  Log,
  Observation
} from "@foreman/core"
import { Console, Context, Effect, Layer, Logger, Metric, Tracer } from "effect"
import { TestClock } from "effect/testing"

import { isOfClock } from "../services/lines.ts"

/** Every line that was logged, as what a program reads. */
const logged = () => {
  const lines: Array<Readonly<Record<string, unknown>>> = []
  const logger = Logger.map(Log.json, (text) => {
    const line: (typeof lines)[number] = JSON.parse(text)
    if (!isOfClock(String(line["message"]))) lines.push(line)
  })
  return { lines, layer: Logger.layer([logger]) }
}

/** A Foreman over a store whose commits take so long, or fail with this. */
const foremanWith = (change: (driver: Driver.Driver) => Partial<Driver.Driver> = () => ({})) => {
  const store = Layer.effect(
    Driver.Driver,
    Effect.map(Driver.Driver, (driver) => ({ ...driver, ...change(driver) }))
  ).pipe(Layer.provide(DriverMemory.layer))
  return Foreman.layer({ mode: "open" }).pipe(Layer.provide([store, ArtifactStoreMemory.layer]))
}

const createOrganization = (slug: string, options: Authorization.CallOptions = {}) =>
  Foreman.use(({ client }) => client.createOrganization({ name: "Acme", slug }, options)).pipe(
    Effect.provideService(Authorization.CurrentActor, Actor.operator)
  )

/** Spans as a tree of names. */
const traced = () => {
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const parentOf = ({ parent }: Tracer.NativeSpan) =>
    parent._tag === "Some" && parent.value._tag === "Span" ? parent.value.name : undefined
  return { spans, tracer, tree: () => spans.map((span) => [span.name, parentOf(span)]) }
}

describe("an operation", () => {
  it.effect("is counted by its outcome, refused or not", () =>
    Effect.gen(function* () {
      yield* createOrganization("acme")
      yield* Effect.ignore(createOrganization("acme"))
      yield* Foreman.use(({ client }) => client.createOrganization({ name: "B", slug: "b" })).pipe(
        Effect.provideService(Authorization.CurrentActor, { ...Actor.operator, role: "engineer" }),
        Effect.ignore
      )
      const counts = (yield* Metric.snapshot).flatMap((metric) =>
        metric.type === "Counter" ? [[metric.id, metric.attributes, metric.state.count]] : []
      )
      const operation = "create_org"
      assert.deepStrictEqual(counts, [
        ["foreman_commands_total", { operation, outcome: "ok" }, 1],
        ["foreman_commands_total", { operation, outcome: "conflict" }, 1],
        ["foreman_commands_total", { operation, outcome: "denied" }, 1]
      ])
    }).pipe(Effect.provide(foremanWith()), Effect.provideService(Metric.MetricRegistry, new Map()))
  )

  it.effect("is a span above its transaction and its commit, where somebody traces", () => {
    const { spans, tracer, tree } = traced()
    return Effect.gen(function* () {
      yield* createOrganization("acme", { correlationId: "c-1" })
      assert.deepStrictEqual(tree(), [
        ["create_org", undefined],
        ["transact", "create_org"],
        ["commit", "transact"]
      ])
      assert.strictEqual(spans[0]?.attributes.get("foreman.correlation.id"), "c-1")
    }).pipe(Effect.provide(foremanWith()), Effect.provideService(Tracer.Tracer, tracer))
  })

  it.effect("is no span while nobody does", () =>
    Effect.gen(function* () {
      const seen = yield* Observation.observe(
        { name: "any", kind: "query", actor: Actor.operator },
        Effect.map(Effect.context<never>(), (context) =>
          Context.getOption(context, Tracer.ParentSpan)
        )
      )
      assert.strictEqual(seen._tag, "None")
    })
  )

  it.effect(
    "says nothing of itself above the level of debugging, when it is well or refused",
    () => {
      const { layer, lines } = logged()
      return Effect.gen(function* () {
        yield* createOrganization("acme")
        yield* Effect.ignore(createOrganization("acme"))
        assert.deepStrictEqual(lines, [])
      }).pipe(Effect.provide(Layer.merge(foremanWith(), layer)))
    }
  )
})

describe("a slow command", () => {
  const slowly = foremanWith(({ commit }) => ({
    commit: (batch) => Effect.andThen(Effect.sleep(700), commit(batch))
  }))

  it.effect("is logged once, with its parts and its ids, and without its input", () => {
    const { layer, lines } = logged()
    return Effect.gen(function* () {
      const options = { correlationId: "c-1" }
      const both = Effect.all(
        [createOrganization("one", options), createOrganization("two", options)],
        {
          concurrency: 2
        }
      )
      const fiber = yield* Effect.forkChild(both)
      yield* TestClock.adjust("3 seconds")
      yield* Effect.yieldNow
      assert.strictEqual(fiber.pollUnsafe()?._tag, "Success")
      for (const line of lines) {
        assert.deepInclude(line, {
          level: "warn",
          message: "Slow command create_org",
          operation: "create_org",
          actor_id: "operator",
          correlation_id: "c-1",
          outcome: "ok",
          commit_ms: 700
        })
        assert.notInclude(JSON.stringify(line), "Acme")
      }
      assert.strictEqual(lines.length, 2)
    }).pipe(
      Effect.provide(Layer.merge(slowly, layer)),
      Effect.provideService(Observation.SlowCommandMillis, 600)
    )
  })

  it.effect("is none below the bound", () => {
    const { layer, lines } = logged()
    return Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(createOrganization("one"))
      yield* TestClock.adjust("3 seconds")
      yield* Effect.yieldNow
      assert.strictEqual(fiber.pollUnsafe()?._tag, "Success")
      assert.deepStrictEqual(lines, [])
    }).pipe(Effect.provide(Layer.merge(slowly, layer)))
  })
})

describe("a store that fails", () => {
  const password = "password-of-the-store"
  const token = `fmn_opr_${"x".repeat(36)}`
  const cause = new Error(`connect postgres://foreman:${password}@db failed, token ${token}`)
  const broken = foremanWith(() => ({
    commit: () =>
      Effect.fail(
        new Driver.StoreError({ operation: "commit", cause, retryable: false, ambiguous: false })
      )
  }))

  it.effect("is logged as our error with its cause, and tells its secrets to nobody", () => {
    const { layer, lines } = logged()
    const { spans, tracer } = traced()
    return Effect.gen(function* () {
      const error = yield* Effect.flip(createOrganization("acme", { correlationId: "c-1" }))
      assert.strictEqual(error._tag, "StoreUnavailable")
      assert.strictEqual(lines.length, 1)
      assert.deepInclude(lines[0], { level: "error", operation: "create_org", request_id: "c-1" })
      assert.include(String(lines[0]?.["cause"]), "connect postgres://***@db failed")
      const ends = spans.map(({ status }) => (status._tag === "Ended" ? status.exit : undefined))
      assert.deepStrictEqual(
        ends.map((exit) => exit?._tag),
        ["Failure", "Failure", "Failure"]
      )
      const shown = [JSON.stringify(lines), String(error), JSON.stringify(error)]
      for (const exit of ends) {
        const reason = exit?._tag === "Failure" ? exit.cause.reasons[0] : undefined
        const failure = reason?._tag === "Fail" ? reason.error : undefined
        assert.instanceOf(failure, Error)
        shown.push(`${failure.message} ${failure.stack}`)
      }
      for (const text of shown) {
        assert.notInclude(text, password)
        assert.notInclude(text, token)
      }
    }).pipe(
      Effect.provide(Layer.merge(broken, layer)),
      Effect.provideService(Tracer.Tracer, tracer)
    )
  })
})

describe("a defect", () => {
  it.effect("is logged once as our error, with the ids of its operation", () => {
    const { layer, lines } = logged()
    const broken = foremanWith(() => ({ commit: () => Effect.die(new Error("it broke")) }))
    return Effect.gen(function* () {
      const exit = yield* Effect.exit(createOrganization("acme", { correlationId: "c-1" }))
      assert.strictEqual(exit._tag, "Failure")
      assert.strictEqual(lines.length, 1)
      const line = { level: "error", message: "create_org failed", correlation_id: "c-1" }
      assert.deepInclude(lines[0], { ...line, outcome: "failed", actor_id: "operator" })
      assert.include(String(lines[0]?.["cause"]), "Error: it broke")
    }).pipe(Effect.provide(Layer.merge(broken, layer)))
  })
})

describe("the log", () => {
  it.effect("is one line of text for a person, with what failed below it", () => {
    const written: Array<string> = []
    const console = { ...globalThis.console, error: (line: string) => void written.push(line) }
    return Effect.gen(function* () {
      yield* Effect.logInfo("hidden")
      yield* Effect.annotateLogs(
        Effect.logWarning("Seen\nforged", new Error("of x")),
        "run_id",
        "r"
      )
      assert.deepStrictEqual(written, ["00:00:00.000 WARN  Seen\\nforged Error: of x run_id=r"])
    }).pipe(
      Effect.provide(Log.layer({ level: "Warn", form: "text" })),
      Effect.provideService(Console.Console, console)
    )
  })
})
