/**
 * What of the manager API is no operation: the bytes of an artifact, and the older address of a run's
 * page. All else of it is derived from the catalogue like the rest of REST, and differs from that in
 * its paths and its dialect alone.
 *
 * @since 0.1.0
 */
import { Effect } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import * as ArtifactContent from "./ArtifactContent.ts"
import { manager } from "./Dialect.ts"

// services --------------------------------------------------------------------

/**
 * The routes beside those of the operations.
 *
 * @category operations
 * @since 0.1.0
 */
export const routes = ({
  foreman
}: Pick<ArtifactContent.Options, "foreman">): ReadonlyArray<HttpRouter.Route> => [
  ArtifactContent.route("/api/manager/artifacts/:artifact_id/content", {
    foreman,
    dialect: manager
  }),
  HttpRouter.route("GET", "/board/runs/:run_id", runPage)
]

// internal --------------------------------------------------------------------

/** It says nothing that its caller has not said, so it needs no token. */
const runPage = Effect.map(HttpRouter.params, ({ run_id: id = "" }) =>
  HttpServerResponse.empty({
    status: 303,
    headers: { location: `/board/runs/workbench?run_id=${encodeURIComponent(id)}` }
  })
)
