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
    "dbus-run-session": {},
    eatmydata: {},
    entr: {},
    env: { short: "uCPS", long: ["unset", "chdir", "split-string"] },
    exec: { short: "a" },
    fakeroot: { short: "lsib", long: ["lib", "faked"] },
    firejail: {},
    flock: { short: "wEc", long: ["timeout", "command"], operands: 1 },
    ionice: { short: "cnpPu", long: ["class", "classdata"] },
    ltrace: { short: "AaDeFlnopsuwx", long: ["output", "library"] },
    nice: { short: "n", long: ["adjustment"] },
    nohup: {},
    npx: { short: "pw", long: ["package", "workspace"] },
    parallel: { short: "jSN", long: ["jobs", "sshlogin"] },
    pkexec: { long: ["user"] },
    pnpx: {},
    proxychains: { short: "f" },
    proxychains4: { short: "f" },
    screen: { short: "cehpsStT" },
    setsid: {},
    sshpass: { short: "dfPp" },
    stdbuf: { short: "ioe", long: ["input", "output", "error"] },
    strace: { short: "abeEIoOpPsSuUX" },
    sudo: {
      short: "CDghpRrTtUu",
      long: ["chdir", "chroot", "close-from", "group", "host", "prompt", "role", "type", "user"]
    },
    "systemd-run": {
      short: "EHMpu",
      long: (
        "background description gid host json machine nice on-active on-boot on-calendar " +
        "on-startup path-property property service-type setenv slice socket-property " +
        "timer-property uid unit working-directory"
      ).split(" ")
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
    },
    "xvfb-run": {
      short: "efnpsw",
      long: ["auth-file", "error-file", "server-args", "server-num", "wait", "xauth-protocol"]
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
  ["npm", ["c", "call"]],
  ["npx", ["c", "call"]],
  ["pnpm", ["c", "shell-mode"]],
  ["runuser", ["c", "command"]],
  ["script", ["c", "command"]],
  ["su", ["c", "command"]],
  ["watch", ["interval"]]
])

export const shells = new Set(
  "ash bash csh dash fish ksh lksh mksh oksh pdksh posh rbash rksh sh tcsh yash zsh".split(" ")
)

/** Options of `bwrap`: what no word follows, and what two follow. Behind all others stands one. */
export const bubblewrap = {
  alone:
    /^(unshare-.*|share-net|as-pid-1|die-with-parent|new-session|clearenv|disable-userns|assert-userns-disabled|help|version)$/,
  pairs: /^(((ro|dev)-)?bind(-try|-fd)?|(ro-)?bind-data|file|symlink|setenv|chmod|overlay)$/
}

/** Commands of `tmux` that start or type something, with their options that a word follows. */
export const terminals: ReadonlyArray<readonly [names: RegExp, short: string]> = [
  [/^new(-s.*)?$/, "cefFnstxy"],
  [/^(neww|new-w.*)$/, "ceFnt"],
  [/^(splitw|split-w.*)$/, "ceFlpt"],
  [/^(send|send-k.*)$/, "cNt"],
  [/^(run|run-.*)$/, "cdt"],
  [/^(if|if-.*)$/, "t"],
  [/^respawn/, "cet"],
  [/^(pipep|pipe-.*)$/, "t"],
  [/^(popup|display-popup|confirm.*)$/, "bcdehpsStTwxy"]
]
