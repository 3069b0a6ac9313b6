/**
 * The PostgreSQL of a run of the tests, for a test.
 */
import { inject } from "vitest"
import type { Endpoint } from "./globalSetup.ts"

/**
 * The address of a superuser on the server of this run, which is started when the first test asks.
 * Each file makes a database of its own there and drops it. Where there is no server the test fails.
 */
export const databaseUrl = async (): Promise<string> => {
  const { token, url }: Endpoint = inject("testPostgres")
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(90_000)
  })
  const text = await response.text()
  if (!response.ok) throw new Error(text)
  return text
}
