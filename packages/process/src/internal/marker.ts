/**
 * The mark that every process of a tree inherits, by which it is found wherever it went.
 *
 * @since 0.1.0
 */

// rules -----------------------------------------------------------------------

/** The variable that holds the marks. Its value is no secret. */
export const markerName = "FOREMAN_RUN_MARKER"

/** The value for a child: the marks that this process carries itself, then the child's own. */
export const markerValue = (inherited: string | undefined, marker: string): string =>
  inherited === undefined || inherited === "" ? marker : `${inherited} ${marker}`
