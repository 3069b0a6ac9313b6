/**
 * The parameters that every command has in the OpenAPI document.
 *
 * @internal
 */

// models ----------------------------------------------------------------------

/** Makes a repetition safe. */
export const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "Makes it safe to repeat the request: the same key and input give the stored answer",
  schema: { type: "string", minLength: 1, maxLength: 255 }
}

/** Shows and does nothing. */
export const dryRun = {
  name: "Foreman-Dry-Run",
  in: "header",
  required: false,
  description:
    "Answers with a DryRun, the events that the command would write, and writes nothing; " +
    "dry_run=true in the query does so too",
  schema: { type: "string", enum: ["true", "false"] }
}
