/**
 * How the page builds what it shows. Text goes in as text and nowhere else: there is no way here to
 * put in HTML, so nothing that a user or an agent wrote can become more than words, nor turn round
 * how the words beside it read.
 */

// models ----------------------------------------------------------------------

export type Child = Node | string | number | false | null | undefined

export interface Properties {
  readonly class?: string
  readonly on?: Readonly<Record<string, (event: Event) => void>>
  readonly [attribute: string]: unknown
}

// rules -----------------------------------------------------------------------

/** Text with the signs in sight that would make it look like another: what turns its direction. */
export const legible = (text: string): string =>
  text.replaceAll(
    /(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu,
    (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`
  )

// services --------------------------------------------------------------------

export const el = <Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  { on = {}, ...attributes }: Properties = {},
  ...children: ReadonlyArray<Child>
): HTMLElementTagNameMap[Tag] => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue
    element.setAttribute(name, value === true ? "" : String(value))
  }
  for (const [type, listener] of Object.entries(on)) element.addEventListener(type, listener)
  element.append(...solid(children))
  return element
}

export const button = (
  label: string,
  onClick: () => void,
  attributes: Properties = {}
): HTMLButtonElement =>
  el("button", { type: "button", ...attributes, on: { click: onClick } }, label)

export const find = (id: string): HTMLElement => {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`The page has no #${id}`)
  return element
}

/** Puts new children in the place of old ones, and the focus back to where it was. */
export const fill = (parent: Element, ...children: ReadonlyArray<Child>): void => {
  const active = document.activeElement
  const key = active !== null && parent.contains(active) ? active.getAttribute("data-key") : null
  parent.replaceChildren(...solid(children))
  if (key === null) return
  const again = parent.querySelector(`[data-key="${CSS.escape(key)}"]`)
  if (again instanceof HTMLElement) again.focus({ preventScroll: true })
}

/** Brings children into this order and takes the others out, moving no more than it must. */
export const arrange = (parent: Element, children: ReadonlyArray<Element>): void => {
  const wanted = new Set(children)
  const present = Array.from(parent.children)
  for (const child of present) if (!wanted.has(child)) child.remove()
  let at = parent.firstElementChild
  for (const child of children) {
    if (child === at) at = at.nextElementSibling
    else parent.insertBefore(child, at)
  }
}

/** Says something to those who do not see the screen, and shows it for a moment to the others. */
export const announce = (text: string): void => {
  const place = find("announcement")
  place.textContent = legible(text)
  place.classList.add("shown")
  setTimeout(() => {
    if (place.textContent === legible(text)) place.classList.remove("shown")
  }, 4000)
}

/** A button that copies a text, and says that it did. */
export const copyButton = (label: string, text: () => string): HTMLButtonElement =>
  button(
    "Copy",
    () => {
      navigator.clipboard.writeText(text()).then(
        () => announce("Copied"),
        () => announce("The browser does not let this page copy; select the text instead")
      )
    },
    { class: "small", "aria-label": `Copy ${label}` }
  )

// internal --------------------------------------------------------------------

const solid = (children: ReadonlyArray<Child>): ReadonlyArray<Node | string> =>
  children.flatMap((child) =>
    child === null || child === undefined || child === false
      ? []
      : [child instanceof Node ? child : legible(String(child))]
  )
