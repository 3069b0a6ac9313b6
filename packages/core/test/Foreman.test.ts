import { DriverMemory } from "@foreman/core"
import { ForemanSuite } from "@foreman/testkit"

ForemanSuite.run("memory", { layer: () => DriverMemory.layer })
