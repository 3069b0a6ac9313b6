/**
 * What a manager agent and the board can ask about artifacts. Their bytes have a route of their own.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"
import { CompareSelectionInvalid } from "../rules/ArtifactCompare.ts"
import { ArtifactGone, ArtifactNotFound } from "../rules/ArtifactRefusal.ts"
import { ManagerId } from "./ManagerWords.ts"
import * as Answers from "./ManagerArtifactAnswers.ts"
import * as Operation from "./Operation.ts"

// models ----------------------------------------------------------------------

const artifactId = ManagerId.annotate({ description: "Id of the artifact" })

const says = {
  ArtifactNotFound: ({ artifact_id: id }: Readonly<Record<string, unknown>>) =>
    `artifact workbench not found: ${String(id)}`
}

// services --------------------------------------------------------------------

export const getManagerArtifact = Operation.make("get_manager_artifact", {
  title: "Get artifact workbench",
  description:
    "Shows an artifact: what it is, the beginning of its text, and the other artifacts of its run.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/manager/artifacts/:artifact_id/workbench" },
  cli: "manager artifact",
  input: { artifactId },
  output: Answers.ArtifactWorkbench,
  errors: [ArtifactNotFound],
  says,
  tool: false
})

export const compareManagerArtifacts = Operation.make("compare_manager_artifacts", {
  title: "Compare artifacts",
  description:
    "Compares an artifact with an earlier one of the same task and kind: one of the latest five, " +
    "the latest unless another one is named.",
  kind: "query",
  permission: "task:read",
  http: { method: "GET", path: "/api/manager/artifacts/:artifact_id/compare" },
  cli: "manager compare",
  input: {
    artifactId,
    previousArtifactId: Schema.optionalKey(
      ManagerId.annotate({ description: "One of the history; blank is none" })
    )
  },
  output: Answers.ArtifactComparison,
  errors: [ArtifactNotFound, ArtifactGone, CompareSelectionInvalid],
  says: {
    ArtifactNotFound: ({ artifact_id: id }) => `artifact compare not found: ${String(id)}`
  },
  tool: false
})
