/**
 * What a shell needs to complete command lines, written out: nothing is started for a completion.
 */
import type { Flag, Node } from "./Grammar.ts"

// models ----------------------------------------------------------------------

/** The shells that there is a completion for. */
export const shells = ["bash", "zsh", "fish"] as const

// rules -----------------------------------------------------------------------

/** The script for a shell. */
export const scriptFor = (
  shell: (typeof shells)[number],
  root: Node,
  everywhere: ReadonlyArray<Flag>
): string => {
  const places = placesOf(root, everywhere)
  switch (shell) {
    case "bash":
      return bash(places)
    case "zsh":
      return zsh(places)
    case "fish":
      return fish(places)
  }
}

// internal --------------------------------------------------------------------

/** What can follow some words. */
interface Place {
  /** The words, each with a space before it. */
  readonly path: string
  readonly words: ReadonlyArray<string>
  /** The values of flags that have a choice. */
  readonly choices: ReadonlyArray<readonly [string, ReadonlyArray<string>]>
}

const placesOf = (node: Node, everywhere: ReadonlyArray<Flag>): ReadonlyArray<Place> => {
  const flags = [...(node.command?.flags ?? []), ...everywhere]
  const place = {
    path: node.words.map((word) => ` ${word}`).join(""),
    words: [...node.children.keys(), ...flags.map(({ name }) => `--${name}`)],
    choices: flags.flatMap(({ choices, name }) =>
      choices === undefined ? [] : [[`--${name}`, choices] as const]
    )
  }
  return [place, ...[...node.children.values()].flatMap((child) => placesOf(child, everywhere))]
}

/** Words of ours hold no quotes; a case of a shell matches them as they are. */
const quoted = (text: string): string => `"${text}"`

const casesOf = (places: ReadonlyArray<Place>, say: (words: ReadonlyArray<string>) => string) => ({
  paths: places
    .filter(({ path }) => path !== "")
    .map(({ path }) => quoted(path))
    .join("|"),
  choices: places.flatMap(({ choices, path }) =>
    choices.map(([flag, values]) => `    ${quoted(`${path} ${flag}`)}) ${say(values)}; return ;;\n`)
  ),
  words: places.map(({ path, words }) => `    ${quoted(path)}) ${say(words)} ;;\n`)
})

const bash = (places: ReadonlyArray<Place>): string => {
  const { choices, paths, words } = casesOf(
    places,
    (some) => `COMPREPLY=($(compgen -W "${some.join(" ")}" -- "$current"))`
  )
  return `# Completion of foreman for bash: source <(foreman completion bash)
_foreman() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path="" index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    case "$path \${COMP_WORDS[index]}" in
      ${paths}) path="$path \${COMP_WORDS[index]}" ;;
    esac
  done
  case "$path $previous" in
${choices.join("")}  esac
  case "$path" in
${words.join("")}  esac
}
complete -o default -F _foreman foreman
`
}

const zsh = (places: ReadonlyArray<Place>): string => {
  const { choices, paths, words } = casesOf(places, (some) => `compadd -- ${some.join(" ")}`)
  return `#compdef foreman
# Completion of foreman for zsh: foreman completion zsh > a folder of $fpath, as _foreman
_foreman() {
  local place="" index
  for ((index = 2; index < CURRENT; index++)); do
    case "$place \${words[index]}" in
      ${paths}) place="$place \${words[index]}" ;;
    esac
  done
  case "$place \${words[CURRENT-1]}" in
${choices.join("")}  esac
  case "$place" in
${words.join("")}  esac
}
if [ "$funcstack[1]" = "_foreman" ]; then _foreman "$@"; else compdef _foreman foreman; fi
`
}

const fish = (places: ReadonlyArray<Place>): string => {
  const lines = places.flatMap(({ choices, path, words }) => [
    `complete -c foreman -f -n '__foreman_at "${path}"' -a '${words.join(" ")}'`,
    ...choices.map(
      ([flag, values]) =>
        `complete -c foreman -f -n '__foreman_after "${path}" ${flag}' -a '${values.join(" ")}'`
    )
  ])
  const paths = places.filter(({ path }) => path !== "").map(({ path }) => quoted(path))
  return `# Completion of foreman for fish: foreman completion fish > ~/.config/fish/completions/foreman.fish
function __foreman_path
  set -l path ""
  for word in (commandline -opc)[2..-1]
    contains -- "$path $word" ${paths.join(" ")}; and set path "$path $word"
  end
  echo "$path"
end
function __foreman_at
  test (__foreman_path | string collect) = "$argv[1]"
end
function __foreman_after
  __foreman_at "$argv[1]"; and test (commandline -opc)[-1] = "$argv[2]"
end
${lines.join("\n")}
`
}
