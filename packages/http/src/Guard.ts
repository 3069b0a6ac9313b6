/**
 * The door of the server: what every request passes before anything looks at it.
 *
 * A page of another site can make a browser send requests to this machine, even under a name that it
 * points here (DNS rebinding). So every request must name a host that is known, and must not come
 * from another origin; on every path, also an unknown one, and also when it asks for an upgrade.
 *
 * @since 0.1.0
 */
import { Result } from "effect"
import type { Refusal } from "@foreman/core"
import { refusal } from "./Dialect.ts"

// models ----------------------------------------------------------------------

/**
 * A name under which the server may be asked, at one port or at any.
 *
 * @category models
 * @since 0.1.0
 */
export interface Host {
  readonly name: string
  readonly port: number | undefined
}

/**
 * The names under which the server may be asked. Pages of `trusted` hosts may call it, pages of the
 * machine's own names only from the very address that they were loaded from.
 *
 * @category models
 * @since 0.1.0
 */
export interface AllowList {
  readonly own: ReadonlyArray<Host>
  readonly trusted: ReadonlyArray<Host>
}

/**
 * What the guard looks at.
 *
 * @category models
 * @since 0.1.0
 */
export interface Knock {
  readonly method: string
  readonly headers: Readonly<Record<string, string | undefined>>
}

// rules -----------------------------------------------------------------------

/**
 * Makes the list from the address that the server is bound to and the hosts that its owner allows:
 * `foreman.example` or `foreman.example:8443`. Fails with the first entry that is no host.
 *
 * @category rules
 * @since 0.1.0
 */
export const allowList = (
  bound: string,
  allowed: ReadonlyArray<string>
): Result.Result<AllowList, string> => {
  const trusted: Array<Host> = []
  for (const entry of allowed) {
    const host = parseHost(entry.trim())
    if (host === undefined) return Result.fail(entry)
    trusted.push(host)
  }
  const name = bound.includes(":") && !bound.startsWith("[") ? `[${bound}]` : bound
  const names = isWildcard(name) ? loopback : [...loopback, name.toLowerCase()]
  return Result.succeed({ own: names.map((own) => ({ name: own, port: undefined })), trusted })
}

/**
 * Says why a request may not come in, or nothing.
 *
 * **Gotchas**
 *
 * A request without `Origin` passes: programs send none. Browsers send it with everything that could
 * change something, and with every WebSocket.
 *
 * @category rules
 * @since 0.1.0
 */
export const check = (
  { headers, method }: Knock,
  { own, trusted }: AllowList
): Refusal.Refusal | undefined => {
  const host = parseHost(headers["host"] ?? "")
  if (host === undefined || ![...own, ...trusted].some((known) => matches(known, host))) {
    return hostNotAllowed
  }
  const { origin } = headers
  if (origin !== undefined && !isAllowedOrigin(origin, host, trusted)) return originNotAllowed
  return headers["sec-fetch-site"] === "cross-site" && method !== "GET" && method !== "HEAD"
    ? originNotAllowed
    : undefined
}

/**
 * Says whether a request wants to talk over a WebSocket.
 *
 * @category rules
 * @since 0.1.0
 */
export const wantsWebSocket = (upgrade: string | undefined): boolean =>
  upgrade !== undefined && /(^|[\s,])websocket($|[\s,/])/i.test(upgrade)

/**
 * Reads a host as it stands in a `Host` header: a name or an address, and perhaps a port.
 *
 * @category rules
 * @since 0.1.0
 */
export const parseHost = (text: string): Host | undefined => {
  const [, name, port] = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(\d{1,5}))?$/i.exec(text) ?? []
  if (name === undefined || Number(port ?? 0) > 65_535) return undefined
  return { name: name.toLowerCase(), port: port === undefined ? undefined : Number(port) }
}

/**
 * Says whether an address takes connections from this machine only.
 *
 * @category rules
 * @since 0.1.0
 */
export const isLoopback = (host: string): boolean =>
  /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)

// internal --------------------------------------------------------------------

const loopback = ["localhost", "127.0.0.1", "[::1]"]

const isWildcard = (name: string): boolean => name === "0.0.0.0" || name === "[::]"

const matches = (known: Host, host: Host): boolean =>
  known.name === host.name && (known.port === undefined || known.port === host.port)

const isAllowedOrigin = (origin: string, host: Host, trusted: ReadonlyArray<Host>): boolean => {
  const [, scheme, authority] = /^(https?):\/\/([^/?#@]+)$/i.exec(origin) ?? []
  const from = parseHost(authority ?? "")
  if (scheme === undefined || from === undefined) return false
  const usual = scheme.toLowerCase() === "https" ? 443 : 80
  const isSame = from.name === host.name && (from.port ?? usual) === (host.port ?? usual)
  return isSame || trusted.some((known) => matches(known, { ...from, port: from.port ?? usual }))
}

const hostNotAllowed = refusal(
  403,
  "HostNotAllowed",
  "This host name is not one of the server's; FOREMAN_ALLOWED_HOSTS lists more"
)

const originNotAllowed = refusal(
  403,
  "OriginNotAllowed",
  "Pages of another origin may not call this server"
)
