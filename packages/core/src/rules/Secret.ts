/**
 * What must not be shown: texts in the form of a token, a key or a password.
 *
 * Nothing that a log, a measure or a trace is made of holds a secret to begin with. This is the net
 * below: foreign failures say what they like, and a user may have put a password into a URL.
 *
 * @since 0.1.0
 */

// rules -----------------------------------------------------------------------

/**
 * Puts `***` in the place of whatever has the form of a secret.
 *
 * **Example** (A password in a URL)
 *
 * ```ts import.meta.vitest
 * import { Secret } from "@foreman/core"
 *
 * Secret.mask("cannot read https://ann:hunter2@git.example/x") // => "cannot read https://***@git.example/x"
 * ```
 *
 * @category rules
 * @since 0.1.0
 */
export const mask = (text: string): string =>
  shapes.reduce((masked, [shape, instead]) => masked.replace(shape, instead), text)

/**
 * Says whether what stands under this name is a secret: `api_key`, `token`, `password`.
 *
 * @category rules
 * @since 0.1.0
 */
export const isSecretName = (name: string): boolean => secretName.test(name)

// internal --------------------------------------------------------------------

const words =
  "api[_-]?key|access[_-]?key|private[_-]?key|secret|token|passwd|password|passphrase|authorization|credentials?"

const secretName = new RegExp(`(?:^|[_.-]|[a-z](?=[A-Z]))(?:${words})s?$`, "i")

/** The longest runs are bounded, so that no text makes this slow. */
const shapes: ReadonlyArray<readonly [shape: RegExp, instead: string]> = [
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,16000}?(?:-----END [A-Z ]{0,40}-----|$)/g,
    "***"
  ],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@"'<>]{1,500}@/gi, "$1***@"],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, "$1 ***"],
  [/\bfmn_[a-z]{2,4}_\w{6,}/g, "***"],
  [/\b(?:sk|pk|rk)[-_](?:[\w-]{16,})/g, "***"],
  [/\b(?:gh[opsur]_|github_pat_|glpat-|xox[abposr]-|npm_|hf_|AIza)[\w-]{16,}/g, "***"],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, "***"],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, "***"],
  // A value behind its name, as JSON, as an assignment, or in the query of a URL.
  [
    new RegExp(
      `((?:${words})s?\\\\?["']?\\s{0,3}[:=]\\s{0,3}\\\\?["']?)[^\\s"'\\\\,;&}]{3,}`,
      "gi"
    ),
    "$1***"
  ]
]
