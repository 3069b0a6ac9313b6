import { describe, it } from "vitest"
import { ApprovalPolicy } from "@foreman/core"
import { GivenWhenThen } from "@foreman/testkit"

// #region rule
const migrating: ApprovalPolicy.Rule = {
  id: "team.migrate",
  risk: "high",
  judge: (action) =>
    ApprovalPolicy.commandsOf(action).some(
      ({ program, words }) => program === "migrate" && words.includes("up")
    )
      ? "changing the database requires approval"
      : undefined
}
// Of equal risks the first rule names itself.
const team = { name: "team", rules: [migrating, ...ApprovalPolicy.strict.rules] }
// #endregion rule

describe("the team's policy", () => {
  // #region test
  it("asks before the database changes, however that is written", () => {
    const policy = GivenWhenThen.givenPolicy(team)
    policy.when("npm test").thenAllowed()
    policy.when('sudo sh -c "migrate up"').thenRequired({ rule: "team.migrate", risk: "high" })
    policy.when("migrate up && rm -rf /").thenRequired({ rule: "strict.rm_rf", risk: "critical" })
    const task = {
      _tag: "Task",
      type: "read",
      title: "Explain migrate up",
      description: ""
    } as const
    policy.when(task).thenAllowed()
  })
  // #endregion test
})
