/**
 * Wishes that a task spells in plain words, where no program is named: "Deploy to production".
 *
 * Only the beginning of a sentence or clause is a wish, and only with an object that no code has:
 * "Release the lock" and "Publish the event" are work on code.
 *
 * @internal
 */

// rules -----------------------------------------------------------------------

/** Whether the text of a task that may write asks for it. */
export const wishes = (wish: RegExp, text: string): boolean =>
  text.split(clauses).some((clause) => wish.test(clause.trim()))

export const deploy =
  /^(please\s+)?(re)?deploy\b(\s+(it|this|everything|all|now)\b|\s+v?\d|.*\bto\s+(the\s+)?(prod|production|live|staging|cloud|server|cluster|customers|kubernetes|aws|heroku|vercel|fly|netlify)\b|\s*$)/i

export const publish =
  /^(please\s+)?((re)?publish|release|ship)\b(\s+(it|this)\s*$|(\s+(the|a|our|new|version|package|crate|image|gem))*\s+v?\d+\.\d|(\s+(the|a|our|new))*\s+(version|package|crate|gem|npm package|docker image)\s*$|.*\bto\s+(the\s+)?(npm|pypi|crates\.io|docker ?hub|maven|rubygems|registry|app store|public|world|production|customers|users)\b)/i

export const push =
  /^(please\s+)?push\b.*\bto\s+(the\s+)?(origin|upstream|github|gitlab|bitbucket|remote|main|master)\b/i

// internal --------------------------------------------------------------------

const clauses =
  /(?<![.;:!?])[.;:!?]+(?=\s|$)|,|\n|\b(?:then|and then|and|afterwards|finally)\b|^[-*\d.)\s]+/im
