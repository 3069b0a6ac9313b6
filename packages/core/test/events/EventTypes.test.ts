import { describe, expect, it } from "@effect/vitest"

import { EventTypes, Projection } from "@foreman/core"

describe("a type of event", () => {
  for (const { type } of EventTypes.declared) {
    it(`${type} is declared once, known by its name, and folded into a table`, () => {
      expect(EventTypes.declared.filter((one) => one.type === type)).toHaveLength(1)
      expect(EventTypes.definitionOf(type).type).toBe(type)
      expect(Projection.all.filter(({ folds }) => folds(type)).length).toBeGreaterThan(0)
    })
  }

  it("that is not declared is a defect", () => {
    expect(() => EventTypes.definitionOf("task.teleported")).toThrow("No such event type")
  })
})
