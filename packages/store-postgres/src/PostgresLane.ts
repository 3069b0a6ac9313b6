/**
 * One connection on which questions are sent before those ahead of them are answered. The server takes
 * them one after the other, so what is sent is in order.
 *
 * @since 0.1.0
 */
import type pg from "pg"

import { NotSent } from "./PostgresFailure.ts"
import { end, keepAlive } from "./PostgresPool.ts"

// services --------------------------------------------------------------------

/**
 * A connection that is opened when it is needed, and again when it has broken.
 *
 * @category services
 * @since 0.1.0
 */
export class Lane {
  /** How much waits for an answer. */
  load = 0
  readonly #connect: () => Promise<pg.Client>
  #client: Promise<pg.Client> | undefined
  /** The connection that is open: what is asked on it is sent at once. */
  #open: pg.Client | undefined
  #idle: () => void = () => undefined

  constructor(connect: () => Promise<pg.Client>) {
    this.#connect = connect
  }

  /** Does something on the connection, which keeps the process alive meanwhile. */
  async use<A>(weight: number, body: (client: pg.Client) => Promise<A>): Promise<A> {
    this.load += weight
    let client: pg.Client | undefined
    try {
      client = this.#open ?? (await this.#connected())
      keepAlive(client, true)
      return await body(client)
    } finally {
      this.load -= weight
      if (this.load === 0) {
        if (client !== undefined) keepAlive(client, false)
        this.#idle()
      }
    }
  }

  /** Waits for what is under way, and ends the connection. */
  async close(): Promise<void> {
    if (this.load > 0) {
      await new Promise<void>((resolve) => {
        this.#idle = resolve
      })
    }
    const client = await this.#client?.catch(() => undefined)
    if (client !== undefined) await end(client)
  }

  #connected(): Promise<pg.Client> {
    if (this.#client !== undefined) return this.#client
    const forget = () => {
      if (this.#client !== opening) return
      this.#client = undefined
      this.#open = undefined
    }
    const opening = this.#connect().then(
      (client) => {
        client.on("error", forget)
        client.on("end", forget)
        this.#open = client
        return client
      },
      (cause: unknown) => {
        forget()
        throw new NotSent(cause)
      }
    )
    this.#client = opening
    return opening
  }
}
