/**
 * The example control plane, as a program: what `foreman serve` starts, by the environment alone.
 *
 * The composition itself is packages/cli/src/Server.ts; copy it and change what you like.
 */
import { Server } from "@foreman/cli"

const usage = `npm start

Serves Foreman on FOREMAN_HTTP_ADDR, 127.0.0.1:8080 unless set, until SIGTERM or Ctrl-C. It takes no
options: every setting is an environment variable (docs/guides/run-the-server.md).`

const [option] = process.argv.slice(2)
if (option === undefined) {
  Server.launch(process.env)
} else {
  const isHelp = option === "--help" || option === "-h"
  if (isHelp) console.log(usage)
  else console.error(`There is no option ${option}.\n\n${usage}`)
  process.exitCode = isHelp ? 0 : 2
}
