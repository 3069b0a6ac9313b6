import { DriverMemory } from "@foreman/core"
import { FailingStoreSuite } from "@foreman/testkit"

FailingStoreSuite.run("memory", { layer: () => DriverMemory.layer })
