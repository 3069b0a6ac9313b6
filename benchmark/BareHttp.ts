/**
 * A bare `node:http` server that answers a constant: what there is to compare with.
 *
 * @since 0.1.0
 */
import { createServer } from "node:http"

const body = Buffer.from(process.argv[2] ?? "", "base64")
const headers = { "content-type": "application/json", "content-length": body.length }

const server = createServer((_, response) => {
  response.writeHead(200, headers)
  response.end(body)
})

server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  if (typeof address === "object") console.log(`foreman ready http://127.0.0.1:${address?.port}`)
})
