/**
 * What Foreman counts and times: the name, the words and the labels of every measure.
 *
 * A label takes few values, all of them known beforehand: names of operations, classes of outcomes,
 * templates of routes. No id and no text of a user is ever a label.
 *
 * @since 0.1.0
 */
import { Metric } from "effect"

// models ----------------------------------------------------------------------

/**
 * How an operation ended. What its caller did wrong has its kind; `unavailable` and `failed` are ours.
 *
 * @category models
 * @since 0.1.0
 */
export type Outcome =
  | "ok"
  | "invalid"
  | "denied"
  | "not_found"
  | "conflict"
  | "refused"
  | "unavailable"
  | "failed"
  | "interrupted"

// rules -----------------------------------------------------------------------

/**
 * Which outcome a refusal's HTTP status stands for.
 *
 * @category rules
 * @since 0.1.0
 */
export const outcomeOf = (status: number): Outcome => outcomes[status] ?? byHundreds(status)

/**
 * Says whether an outcome is our failure, and not something that the caller did.
 *
 * @category rules
 * @since 0.1.0
 */
export const isOurs = (outcome: Outcome): boolean =>
  outcome === "failed" || outcome === "unavailable"

/**
 * Commands that were asked for, by operation and outcome.
 *
 * @category rules
 * @since 0.1.0
 */
export const commands: Counters<[operation: string, outcome: Outcome]> = counters(
  "foreman_commands_total",
  "Commands, by operation and outcome",
  ["operation", "outcome"]
)

/**
 * How long commands took, from the check of the permission to the answer.
 *
 * @category rules
 * @since 0.1.0
 */
export const commandSeconds: Histograms<[operation: string]> = histograms(
  "foreman_command_duration_seconds",
  "How long commands took, by operation",
  ["operation"]
)

/**
 * Queries that were asked, by operation and outcome.
 *
 * @category rules
 * @since 0.1.0
 */
export const queries: Counters<[operation: string, outcome: Outcome]> = counters(
  "foreman_queries_total",
  "Queries, by operation and outcome",
  ["operation", "outcome"]
)

/**
 * How long queries took.
 *
 * @category rules
 * @since 0.1.0
 */
export const querySeconds: Histograms<[operation: string]> = histograms(
  "foreman_query_duration_seconds",
  "How long queries took, by operation",
  ["operation"]
)

/**
 * How many batches were given to the store at once, to be written in one durable transaction.
 *
 * @category rules
 * @since 0.1.0
 */
export const commitGroup: Metric.Histogram<number> = Metric.histogram("foreman_commit_group_size", {
  description: "Commands that were given to the store at once",
  boundaries: [1, 2, 4, 8, 16, 32, 64, 128]
})

/**
 * Answers over HTTP, by the template of the route, never by its path.
 *
 * @category rules
 * @since 0.1.0
 */
export const httpRequests: Counters<[method: string, route: string, status: string]> = counters(
  "foreman_http_requests_total",
  "HTTP requests, by method, route and status",
  ["method", "route", "status"]
)

/**
 * How long answers over HTTP took. A stream counts from its beginning to its end.
 *
 * @category rules
 * @since 0.1.0
 */
export const httpSeconds: Histograms<[route: string]> = histograms(
  "foreman_http_request_duration_seconds",
  "How long HTTP requests took, by route",
  ["route"]
)

/**
 * Callers that follow the feed of events now.
 *
 * @category rules
 * @since 0.1.0
 */
export const feedSubscribers: Metric.Gauge<number> = Metric.gauge("foreman_feed_subscribers", {
  description: "Callers that follow the feed of events"
})

/**
 * Runs that this process carries out now.
 *
 * @category rules
 * @since 0.1.0
 */
export const runs: Gauges<[state: "starting" | "running"]> = gauges(
  "foreman_runs",
  "Runs that this process carries out, by state",
  ["state"]
)

/**
 * Runs whose end this process has recorded.
 *
 * @category rules
 * @since 0.1.0
 */
export const runsEnded: Counters<[outcome: string]> = counters(
  "foreman_runs_ended_total",
  "Runs that ended, by outcome",
  ["outcome"]
)

/**
 * From the commit that starts a run to the life of its agent.
 *
 * @category rules
 * @since 0.1.0
 */
export const dispatchSeconds: Metric.Histogram<number> = Metric.histogram(
  "foreman_dispatch_latency_seconds",
  {
    description: "From the commit that starts a run until its agent lives",
    boundaries: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
  }
)

// internal --------------------------------------------------------------------

const outcomes: Readonly<Record<number, Outcome>> = {
  400: "invalid",
  401: "denied",
  403: "denied",
  404: "not_found",
  409: "conflict",
  413: "invalid",
  422: "invalid",
  503: "unavailable"
}

const byHundreds = (status: number): Outcome => (status >= 500 ? "failed" : "refused")

type Counters<Values extends ReadonlyArray<string>> = (...values: Values) => Metric.Counter<number>
type Gauges<Values extends ReadonlyArray<string>> = (...values: Values) => Metric.Gauge<number>
type Histograms<Values extends ReadonlyArray<string>> = (
  ...values: Values
) => Metric.Histogram<number>

function counters<Values extends ReadonlyArray<string>>(
  name: string,
  description: string,
  labels: ReadonlyArray<string>
): Counters<Values> {
  return family(labels, (attributes) =>
    Metric.counter(name, { description, attributes, incremental: true })
  )
}

function gauges<Values extends ReadonlyArray<string>>(
  name: string,
  description: string,
  labels: ReadonlyArray<string>
): Gauges<Values> {
  return family(labels, (attributes) => Metric.gauge(name, { description, attributes }))
}

function histograms<Values extends ReadonlyArray<string>>(
  name: string,
  description: string,
  labels: ReadonlyArray<string>
): Histograms<Values> {
  const boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
  return family(labels, (attributes) =>
    Metric.histogram(name, { description, attributes, boundaries })
  )
}

/** A measure for each combination of labels, made when it is first used. */
function family<Values extends ReadonlyArray<string>, M>(
  labels: ReadonlyArray<string>,
  make: (attributes: Readonly<Record<string, string>>) => M
): (...values: Values) => M {
  const known = new Map<string, M>()
  return (...values) => {
    const key = values.length === 1 ? (values[0] ?? "") : values.join(" ")
    const found = known.get(key)
    if (found !== undefined) return found
    const made = make(
      Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""]))
    )
    known.set(key, made)
    return made
  }
}
