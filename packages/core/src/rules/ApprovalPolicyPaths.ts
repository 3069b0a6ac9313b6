/**
 * Compares paths as they lead, part by part.
 *
 * @internal
 */

// rules -----------------------------------------------------------------------

/** A path from the root, without `.` and `..`: one that climbs out is found where it leads. */
export const absolute = (path: string, workspace: string): string => {
  const whole = path.startsWith("/") ? path : `${workspace}/${path}`
  const parts: Array<string> = []
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return `/${parts.join("/")}`
}

/** Whether a path, both of them absolute, is this folder or lies in it. */
export const isBelow = (path: string, folder: string): boolean =>
  folder === "/" || path === folder || path.startsWith(`${folder}/`)
