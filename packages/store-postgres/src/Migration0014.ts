/**
 * Migration 14: hints that a commit can do without.
 *
 * Only the functions change. A transaction that notifies holds up every other one that does until it is
 * on the disk, whatever organization or database that belongs to. So whoever commits says whether the
 * hint goes with it. A process of an older version that is still there gives none for its groups from now
 * on; what it commits is found within a second.
 *
 * @since 0.1.0
 */

// rules -----------------------------------------------------------------------

/**
 * Its statements: none.
 *
 * @category models
 * @since 0.1.0
 */
export const text: string = ""
