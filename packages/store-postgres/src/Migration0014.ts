/**
 * Migration 14: hints that do not go with a commit.
 *
 * Only the functions change. A transaction that notifies holds up every other one that does until it is
 * on the disk, whatever organization or database that belongs to. So the hint follows the commit, in a
 * transaction that waits for nothing. A process of an older version that is still there gives no hints
 * for its groups from now on; what it commits is found within a second.
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
