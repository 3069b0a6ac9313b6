/**
 * The log of the program: lines on stderr, since stdout is the wire.
 *
 * @since 0.1.0
 */
import * as Log from "@foreman/core/services/Log"
import type { LogLevel } from "@foreman/core/services/Settings"
import type { Layer } from "effect"
import process from "node:process"

// layers ----------------------------------------------------------------------

/** Writes what is at least this important: JSON, but for a person at a terminal. */
export const layer = (level: LogLevel): Layer.Layer<never> =>
  Log.layer({ level, form: process.stderr.isTTY ? "text" : "json" })
