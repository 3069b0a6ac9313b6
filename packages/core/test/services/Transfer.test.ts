import { DriverMemory } from "@foreman/core"
import { TransferSuite } from "@foreman/testkit"

const memory = { layer: () => DriverMemory.layer }

TransferSuite.run("memory to memory", memory, memory)
