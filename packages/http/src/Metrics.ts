/**
 * `GET /metrics`: everything that is counted and timed in this process, in the text format of
 * Prometheus.
 *
 * It stands behind the same door and the same tokens as REST, for callers that may see every
 * organization: the operator. No label holds an id or a text of a user.
 *
 * @since 0.1.0
 */
import { type Context, Effect, Metric, type Scope } from "effect"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import type { Mount } from "./Mount.ts"

// services --------------------------------------------------------------------

/**
 * What to mount. It watches the event loop until its scope closes.
 *
 * **Example** (A server with measures)
 *
 * ```ts
 * import { HttpServer, Metrics } from "@foreman/http"
 * import { Effect, Layer } from "effect"
 *
 * const server = Layer.unwrap(
 *   Effect.map(Metrics.make, (metrics) => HttpServer.layer({ mounts: [metrics] }))
 * )
 * ```
 *
 * @category services
 * @since 0.1.0
 */
export const make: Effect.Effect<Mount, never, Scope.Scope> = Effect.gen(function* () {
  const context = yield* Effect.context<never>()
  const watched = yield* Effect.acquireRelease(Effect.sync(watch), ({ disable }) =>
    Effect.sync(disable)
  )
  return {
    path: "/metrics",
    methods: ["GET"],
    answer: async ({ actor, headers, response }) => {
      if (actor.organizationId !== null) {
        response.writeHead(403, { ...headers, "content-type": "application/json" })
        response.end(
          JSON.stringify({ detail: "Only the operator reads measures", code: "PermissionDenied" })
        )
        return
      }
      look(watched, context)
      response.writeHead(200, { ...headers, "content-type": contentType })
      response.end(PrometheusMetrics.formatUnsafe(context))
    },
    close: async () => undefined
  }
})

// internal --------------------------------------------------------------------

const contentType = "text/plain; version=0.0.4; charset=utf-8"

const uptime = Metric.gauge("process_uptime_seconds", {
  description: "How long this process has been running"
})

const memory = Metric.gauge("process_resident_memory_bytes", {
  description: "How much memory this process holds"
})

const delays = [0.5, 0.99, 1].map((quantile) => ({
  quantile,
  gauge: Metric.gauge("nodejs_eventloop_delay_seconds", {
    description: "How long the event loop was late since the measures were last read, at most",
    attributes: { quantile: String(quantile) }
  })
}))

/** How often the event loop is looked at. Delays are what goes beyond it. */
const resolution = 20

const watch = () => {
  const { monitorEventLoopDelay } = process.getBuiltinModule("node:perf_hooks")
  const histogram = monitorEventLoopDelay({ resolution })
  histogram.enable()
  return { histogram, disable: () => void histogram.disable() }
}

/** Reads the process. What was late is asked of the time since the last reading. */
const look = ({ histogram }: ReturnType<typeof watch>, context: Context.Context<never>) => {
  uptime.updateUnsafe(process.uptime(), context)
  memory.updateUnsafe(process.memoryUsage.rss(), context)
  for (const { gauge, quantile } of delays) {
    const nanos = quantile === 1 ? histogram.max : histogram.percentile(quantile * 100)
    gauge.updateUnsafe(Math.max(0, nanos / 1e9 - resolution / 1e3), context)
  }
  histogram.reset()
}
