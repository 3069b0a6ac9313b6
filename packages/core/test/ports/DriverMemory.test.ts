import { DriverMemory } from "@foreman/core"
import { StoreSuite } from "@foreman/testkit"

StoreSuite.run("memory", { layer: () => DriverMemory.layer })
