/**
 * What every command is given: where it runs, what it was told, and a way to Foreman.
 */
import type { Settings, SettingsSources } from "@foreman/core"
import type { Connection } from "./Connection.ts"
import type { Terminal } from "./Terminal.ts"

// models ----------------------------------------------------------------------

/** Settings as they were gathered, and as they were read. */
export interface Told {
  readonly gathered: SettingsSources.Gathered
  readonly settings: Settings.Settings
  /** The environment of the process with what flags and file said put over it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What a person calls a setting: the flag that said it, else its name. */
  readonly called: (name: string) => string
}

/** What a command may use. Nothing of it is touched before the command asks. */
export interface Context {
  readonly terminal: Terminal
  readonly isJson: boolean
  readonly workingFolder: string
  /** Ends what is waited for, when the process is told to end. */
  readonly signal: AbortSignal
  readonly told: () => Promise<Told>
  /** Opens Foreman once; it is closed after the command. */
  readonly connect: () => Promise<Connection>
}
