import { ArtifactStoreMemory } from "@foreman/core"
import { ArtifactStoreSuite } from "@foreman/testkit"

ArtifactStoreSuite.run("in memory", ArtifactStoreMemory.layer)
