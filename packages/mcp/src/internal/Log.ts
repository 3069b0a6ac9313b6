/**
 * The log of the program: lines on stderr, since stdout is the wire.
 *
 * @since 0.1.0
 */
import type { LogLevel } from "@foreman/core/services/Settings"
import { Layer, Logger, References } from "effect"

// layers ----------------------------------------------------------------------

/** Writes what is at least this important. */
export const layer = (level: LogLevel): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.layer([Logger.withConsoleError(Logger.formatLogFmt)]),
    Layer.succeed(References.MinimumLogLevel, level)
  )
