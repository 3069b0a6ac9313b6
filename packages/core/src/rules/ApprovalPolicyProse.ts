/**
 * The words of a task as they are read: what nobody sees is taken out, what looks alike is made alike.
 *
 * @internal
 */

// models ----------------------------------------------------------------------

/** The text that is read, and whether it is all there is. */
export interface Prose {
  readonly text: string
  readonly isWhole: boolean
}

interface Words {
  readonly title: string
  readonly description: string
}

// rules -----------------------------------------------------------------------

/** The text of a task. One that holds what cannot be seen is read with and without a space there. */
export const proseOf = (task: Words): Prose => {
  const before = texts.get(task)
  if (before !== undefined) return before
  const prose = proseAnew(`${task.title}\n${task.description}`)
  texts.set(task, prose)
  return prose
}

// internal --------------------------------------------------------------------

const maxLength = 65_536

const texts = new WeakMap<Words, Prose>()

const proseAnew = (said: string): Prose => {
  const given = said.slice(0, maxLength)
  if (/^[\t\n\r -~]*$/.test(given)) return { text: given, isWhole: said.length <= maxLength }
  // Marks go first: to bring many of them into order takes long.
  const visible = given.replace(marks, "")
  const joined = visible.replace(unseen, "").normalize("NFKC")
  const apart = visible.replace(unseen, " ").normalize("NFKC")
  const text = joined === apart ? joined : `${joined.slice(0, maxLength)}\n${apart}`
  const isWhole = said.length <= maxLength && Math.max(joined.length, apart.length) <= maxLength
  return { text: text.slice(0, 2 * maxLength), isWhole }
}

const marks = /\p{M}/gu
const unseen = /[\p{Cf}\p{Default_Ignorable_Code_Point}]|(?!\s)\p{Cc}/gu
