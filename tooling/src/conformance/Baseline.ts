/**
 * What the official conformance suites ask of a server that Foreman is not.
 *
 * The suites are written against a server of their own, with tools, resources and prompts under names
 * that they know. What they ask of those is listed here, check by check, with the reason. A check
 * that fails and is not listed is a fault, and so is one that is listed and passes everywhere.
 */

// models ----------------------------------------------------------------------

/** A scenario, its checks that do not pass, and why. */
export interface Exception {
  readonly scenario: string
  readonly checks: ReadonlyArray<string>
  readonly reason: string
}

// rules -----------------------------------------------------------------------

const toolOf = (scenario: string, tool: string, ...checks: ReadonlyArray<string>): Exception => ({
  scenario,
  checks: checks.length === 0 ? [scenario] : checks,
  reason: `calls ${tool}, a tool of the suite's own server`
})

const capabilityOf = (
  scenario: string,
  capability: string,
  ...checks: ReadonlyArray<string>
): Exception => ({
  scenario,
  checks: checks.length === 0 ? [scenario] : checks,
  reason: `asks for ${capability}, which Foreman does not declare`
})

/** Every exception, by scenario. */
export const exceptions: ReadonlyArray<Exception> = [
  capabilityOf(
    "caching",
    "prompts and resources",
    "sep-2549-prompts-list-caching-hints",
    "sep-2549-resources-list-caching-hints",
    "sep-2549-resources-templates-list-caching-hints"
  ),
  capabilityOf("completion-complete", "completions"),
  toolOf(
    "elicitation-sep1034-defaults",
    "test_elicitation_sep1034_defaults",
    "elicitation-sep1034-general"
  ),
  toolOf(
    "elicitation-sep1330-enums",
    "test_elicitation_sep1330_enums",
    "elicitation-sep1330-general"
  ),
  toolOf(
    "http-custom-header-server-validation",
    "a tool with x-mcp-header in its schema",
    "sep-2243-server-decode-base64",
    "sep-2243-server-no-xmcp-tool",
    "sep-2243-server-reject-invalid-param-chars",
    "sep-2243-server-reject-param-mismatch",
    "sep-2243-server-validate-param-match"
  ),
  toolOf(
    "input-required-result-basic-elicitation",
    "test_input_required_result_elicitation",
    "sep-2322-elicitation-incomplete"
  ),
  toolOf(
    "input-required-result-basic-list-roots",
    "test_input_required_result_list_roots",
    "sep-2322-list-roots-incomplete"
  ),
  toolOf(
    "input-required-result-basic-sampling",
    "test_input_required_result_sampling",
    "sep-2322-sampling-incomplete"
  ),
  toolOf(
    "input-required-result-capability-check",
    "test_input_required_result_capabilities",
    "sep-2322-respect-client-capabilities"
  ),
  toolOf(
    "input-required-result-ignore-extra-params",
    "test_input_required_result_elicitation",
    "sep-2322-ignore-unexpected-params"
  ),
  toolOf(
    "input-required-result-missing-input-response",
    "test_input_required_result_elicitation",
    "sep-2322-missing-response-rerequests"
  ),
  toolOf(
    "input-required-result-multi-round",
    "test_input_required_result_multi_round",
    "sep-2322-multi-round-r1"
  ),
  toolOf(
    "input-required-result-multiple-input-requests",
    "test_input_required_result_multiple_inputs",
    "sep-2322-multiple-inputs-incomplete"
  ),
  capabilityOf("input-required-result-non-tool-request", "prompts", "sep-2322-non-tool-incomplete"),
  toolOf(
    "input-required-result-request-state",
    "test_input_required_result_request_state",
    "sep-2322-request-state-incomplete"
  ),
  toolOf(
    "input-required-result-result-type",
    "test_input_required_result_elicitation",
    "sep-2322-result-type-included"
  ),
  toolOf(
    "input-required-result-tampered-state",
    "test_input_required_result_tampered_state",
    "sep-2322-reject-tampered-state"
  ),
  toolOf("json-schema-2020-12", "json_schema_2020_12_tool", "json-schema-2020-12-tool-found"),
  capabilityOf("logging-set-level", "logging"),
  ...["embedded-resource", "simple", "with-args", "with-image"].map((name) =>
    capabilityOf(`prompts-get-${name}`, "prompts")
  ),
  capabilityOf("prompts-list", "prompts"),
  ...["list", "read-binary", "read-text", "subscribe", "templates-read", "unsubscribe"].map(
    (name) => capabilityOf(`resources-${name}`, "resources")
  ),
  capabilityOf(
    "sep-2164-resource-not-found",
    "resources",
    "sep-2164-data-uri",
    "sep-2164-error-code"
  ),
  {
    scenario: "server-sse-polling",
    checks: ["server-sse-priming-event", "server-sse-retry-field"],
    reason: "recommends resuming a stream, which short calls that are safe to repeat do without"
  },
  toolOf(
    "server-stateless",
    "test_streaming_elicitation, test_missing_capability and test_logging_tool",
    "sep-2575-http-server-no-independent-requests-on-stream",
    "sep-2575-missing-capability-http-400",
    "sep-2575-server-no-log-without-loglevel",
    "sep-2575-server-rejects-undeclared-capability"
  ),
  toolOf("tools-call-audio", "test_audio_content"),
  toolOf("tools-call-elicitation", "test_elicitation"),
  toolOf("tools-call-embedded-resource", "test_embedded_resource"),
  toolOf("tools-call-error", "test_error_handling"),
  toolOf("tools-call-image", "test_image_content"),
  toolOf("tools-call-mixed-content", "test_multiple_content_types"),
  toolOf("tools-call-sampling", "test_sampling"),
  toolOf("tools-call-simple-text", "test_simple_text"),
  toolOf("tools-call-with-logging", "test_tool_with_logging"),
  toolOf("tools-call-with-progress", "test_tool_with_progress")
]
