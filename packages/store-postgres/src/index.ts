export * as PostgresArtifactFolder from "./PostgresArtifactFolder.ts"
export * as PostgresArtifacts from "./PostgresArtifacts.ts"
export * as PostgresStore from "./PostgresStore.ts"
export * as PostgresVacancy from "./PostgresVacancy.ts"
