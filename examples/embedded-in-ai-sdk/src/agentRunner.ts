/**
 * A runner whose agents are loops of the AI SDK: Foreman decides which task is worked at and by
 * whom, the loop does it, and its words and tokens are kept with the run.
 */
import { type AgentRequest, type AgentRunner, PromiseRunner } from "@foreman/core"
import { Effect } from "effect"
import { type LanguageModelUsage, type ToolLoopAgent, type ToolSet } from "ai"

/** Agents whose `config.runner` is the name are worked for by what is made for their run. */
export const agentRunner = <Tools extends ToolSet>(
  name: string,
  makeAgent: (spec: AgentRunner.RunSpec) => ToolLoopAgent<never, Tools>
): AgentRunner.AgentRunner =>
  PromiseRunner.make(name, async (spec, signal) => {
    let total: AgentRequest.TokenUsage | undefined
    const { finishReason, text } = await makeAgent(spec).generate({
      prompt: spec.prompt,
      // A cancelled task, a timeout and the end of Foreman all stop the model in mid-sentence.
      abortSignal: signal,
      onStepEnd: async ({ usage }) => {
        total = add(total, usage)
        if (spec.usage) await Effect.runPromise(spec.usage(total))
      }
    })
    if (finishReason !== "stop") throw new Error(`The agent did not finish: ${finishReason}`)
    return text
  })

/** Reports are totals of the run: the latest one counts. */
const add = (
  before: AgentRequest.TokenUsage | undefined,
  { inputTokenDetails, inputTokens, outputTokenDetails, outputTokens }: LanguageModelUsage
): AgentRequest.TokenUsage => ({
  inputTokens: (before?.inputTokens ?? 0) + (inputTokens ?? 0),
  cachedInputTokens: (before?.cachedInputTokens ?? 0) + (inputTokenDetails.cacheReadTokens ?? 0),
  outputTokens: (before?.outputTokens ?? 0) + (outputTokens ?? 0),
  reasoningTokens: (before?.reasoningTokens ?? 0) + (outputTokenDetails.reasoningTokens ?? 0)
})
