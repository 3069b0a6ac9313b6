/**
 * Where organizations stand, for all that is known, so that of each commit it is told once.
 *
 * What this process has committed, and what the database answers, is so. What is notified anybody may
 * have said who may connect: it is told, since that harms nobody, and keeps nothing else from being told.
 *
 * @since 0.1.0
 */
import type { Driver } from "@foreman/core"

// services --------------------------------------------------------------------

/**
 * What is known. Each answers whether it is to be told.
 *
 * @category services
 * @since 0.1.0
 */
export class Places {
  readonly #places = new Map<string, Place>()

  /** This process has committed. The notice of that may have been quicker, or is still to come. */
  committed({ organization, position }: Driver.Hint): boolean {
    const place = this.#of(organization)
    if (position <= Math.max(place.sure, place.heard)) return false
    place.sure = position
    return true
  }

  /** It was notified. */
  notified({ organization, position }: Driver.Hint): boolean {
    const place = this.#of(organization)
    if (position <= place.sure) return false
    place.heard = position
    return true
  }

  /** The database was asked. */
  found({ organization, position }: Driver.Hint): boolean {
    const place = this.#of(organization)
    const isNew = position > place.sure && position !== place.heard
    place.sure = Math.max(place.sure, position)
    return isNew
  }

  #of(organization: string): Place {
    const known = this.#places.get(organization)
    if (known !== undefined) return known
    // Names may be made up too. Who is forgotten is told once more.
    if (this.#places.size >= mostKnown) this.#places.clear()
    const place = { sure: 0, heard: 0 }
    this.#places.set(organization, place)
    return place
  }
}

// internal --------------------------------------------------------------------

interface Place {
  sure: number
  /** What was notified last. */
  heard: number
}

const mostKnown = 10_000
