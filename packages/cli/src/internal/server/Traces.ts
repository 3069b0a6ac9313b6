/**
 * Traces by OTLP over HTTP, by OpenTelemetry's own settings: `OTEL_EXPORTER_OTLP_ENDPOINT` or
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` turns them on. Without, nothing of it is loaded.
 */
import { Settings } from "@foreman/core"
import { ConfigProvider, Effect, Layer } from "effect"

type Environment = Readonly<Record<string, string | undefined>>

/** The tracer that the environment asks for, or none. */
export const layer = (environment: Environment): Layer.Layer<never, Settings.SettingsInvalid> => {
  const given = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith("OTEL_") && value !== undefined && value !== "" ? [[name, value]] : []
    )
  )
  const name = endpoints.find((endpoint) => given[endpoint] !== undefined)
  if (name === undefined || given["OTEL_SDK_DISABLED"] === "true") return Layer.empty
  const protocol =
    given["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] ?? given["OTEL_EXPORTER_OTLP_PROTOCOL"]
  // The endpoint may hold a password, so it is not repeated.
  if (!/^https?:\/\/[^/]/.test(given[name] ?? ""))
    return invalid(name, "should be an http or https URL")
  if (protocol === "grpc") {
    return invalid("OTEL_EXPORTER_OTLP_PROTOCOL", "should be http/protobuf or http/json")
  }
  return Layer.unwrap(Effect.promise(() => load(given, protocol === "http/json")))
}

const endpoints = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"]

const invalid = (name: string, problem: string) =>
  Layer.effectDiscard(Effect.fail(new Settings.SettingsInvalid({ name, problem })))

const load = async (given: Readonly<Record<string, string>>, isJson: boolean) => {
  const { OtlpSerialization, OtlpTracer } = await import("effect/observability")
  const { FetchHttpClient } = await import("effect/http")
  const { layerJson, layerProtobuf } = OtlpSerialization
  const env = {
    OTEL_SERVICE_NAME: "foreman",
    OTEL_TRACES_EXPORTER: "otlp",
    // The end of the server does not wait long for a collector that is gone.
    OTEL_BSP_EXPORT_TIMEOUT: "1500",
    ...given
  }
  return OtlpTracer.layerFromConfig().pipe(
    Layer.provide([FetchHttpClient.layer, isJson ? layerJson : layerProtobuf]),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env })))
  )
}
