/**
 * What is known of programs that start other programs.
 *
 * @internal
 */

// models ----------------------------------------------------------------------

/** The options of a program that are followed by a word of their own. */
export interface OptionWords {
  /** The letters of short options. */
  readonly short?: string
  readonly long?: ReadonlyArray<string>
  /** Whether options may stand after operands, too. */
  readonly isMixed?: boolean
}

// rules -----------------------------------------------------------------------

/** Words that a shell itself reads before the name of a program. */
export const reserved = new Set("! { if then elif else while until do function coproc".split(" "))

export const assignment = /^[A-Za-z_]\w*(\[[^\]]*\])?\+?=/

/** Programs that start the program named by their operands, after some operands of their own. */
export const wrappers: ReadonlyMap<string, OptionWords & { readonly operands?: number }> = new Map(
  Object.entries({
    bunx: {},
    busybox: {},
    builtin: {},
    caffeinate: { short: "tw" },
    chroot: { operands: 1 },
    chrt: { operands: 1 },
    command: {},
    corepack: {},
    doas: { short: "uC" },
    env: { short: "uCPS", long: ["unset", "chdir", "split-string"] },
    exec: { short: "a" },
    flock: { short: "wEc", long: ["timeout", "command"], operands: 1 },
    ionice: { short: "cnpPu", long: ["class", "classdata"] },
    nice: { short: "n", long: ["adjustment"] },
    nohup: {},
    npx: { short: "pw", long: ["package", "workspace"] },
    parallel: { short: "jSN", long: ["jobs", "sshlogin"] },
    pkexec: { long: ["user"] },
    pnpx: {},
    proxychains: { short: "f" },
    proxychains4: { short: "f" },
    setsid: {},
    stdbuf: { short: "ioe", long: ["input", "output", "error"] },
    strace: { short: "abeEIoOpPsSuUX" },
    sudo: {
      short: "CDghpRrTtUu",
      long: ["chdir", "chroot", "close-from", "group", "host", "prompt", "role", "type", "user"]
    },
    taskset: { operands: 1 },
    time: { short: "fo", long: ["format", "output"] },
    timeout: { short: "ks", long: ["kill-after", "signal"], operands: 1 },
    torsocks: {},
    toybox: {},
    unbuffer: {},
    unshare: {},
    uvx: { long: ["from", "with", "python"] },
    xargs: {
      short: "adEILnPs",
      long: ["arg-file", "delimiter", "max-args", "max-chars", "max-procs"]
    }
  })
)

/** Programs that start the program named behind one of these words. */
export const launchers: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["bun", ["x"]],
  ["bundle", ["exec"]],
  ["conda", ["run"]],
  ["hatch", ["run"]],
  ["npm", ["exec", "x"]],
  ["pdm", ["run"]],
  ["pipenv", ["run"]],
  ["pipx", ["run"]],
  ["pnpm", ["dlx", "exec"]],
  ["poetry", ["run"]],
  ["uv", ["run"]],
  ["yarn", ["dlx", "exec"]]
])

/** Programs whose option `-m` names a module that is a program of its own. */
export const modules = /^(python|pypy)[\d.]*$/

/** Programs with options that hold a line for a shell. */
export const takesLine: ReadonlyMap<string, ReadonlyArray<string>> = new Map([
  ["env", ["S", "split-string"]],
  ["flock", ["c", "command"]],
  ["npx", ["c", "call"]],
  ["runuser", ["c", "command"]],
  ["script", ["c", "command"]],
  ["su", ["c", "command"]],
  ["watch", ["interval"]]
])

export const shells = new Set("ash bash dash fish ksh sh zsh".split(" "))
