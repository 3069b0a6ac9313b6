/**
 * That something may have happened in an organisation: a reason to look again.
 *
 * @since 0.1.0
 */
import { Stream } from "effect"
import type { Driver } from "../ports/Driver.ts"

// services --------------------------------------------------------------------

/**
 * Once at a time: at once, at each hint of the store, which makes it fast, and each second, which makes
 * it certain.
 *
 * @category services
 * @since 0.1.0
 */
export const hints = ({ changes }: Pick<Driver, "changes">, organization: string) =>
  changes.pipe(
    Stream.filter((hint) => hint.organization === organization),
    Stream.map(() => undefined),
    Stream.merge(Stream.tick("1 second")),
    Stream.buffer({ capacity: 1, strategy: "sliding" })
  )
