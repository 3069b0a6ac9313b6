/**
 * Where in its script a model is.
 *
 * @since 0.1.0
 */
import type { Exchange } from "../ModelServer.ts"
import { fail, type ModelRequest, type ModelScript, type Turn } from "../ModelScript.ts"

// models ----------------------------------------------------------------------

/** A turn, and where it is from. */
export interface Taken {
  readonly turn: Turn
  readonly answeredBy: Exchange["answeredBy"]
}

// services --------------------------------------------------------------------

/** Follows a script. Of two requests at once, the first one that is asked for takes the step. */
export class ScriptCursor {
  #script: ModelScript
  #left: Array<number>

  constructor(script: ModelScript) {
    this.#script = script
    this.#left = script.steps.map(({ times }) => times)
  }

  get aside(): Turn | undefined {
    return this.#script.aside
  }

  get remaining(): number {
    return this.#left.reduce((sum, one) => sum + one, 0)
  }

  follow(script: ModelScript): void {
    this.#script = script
    this.#left = script.steps.map(({ times }) => times)
  }

  take(request: ModelRequest): Taken {
    const { otherwise, steps } = this.#script
    const index = steps.findIndex((step, at) => (this.#left[at] ?? 0) > 0 && step.when(request))
    const step = steps[index]
    if (step === undefined) {
      return otherwise === undefined
        ? { turn: exhausted, answeredBy: "server" }
        : { turn: otherwise, answeredBy: "otherwise" }
    }
    this.#left[index] = (this.#left[index] ?? 0) - 1
    const turn = typeof step.turn === "function" ? step.turn(request) : step.turn
    return { turn, answeredBy: index }
  }
}

// internal --------------------------------------------------------------------

const exhausted = fail(400, { message: "The script has no turn for this request" })
