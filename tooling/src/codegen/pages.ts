/**
 * Everything that is generated from what packages say, in contrast to how they are laid out.
 */
import { OpenApi } from "@foreman/http"
import { ToolList } from "@foreman/mcp"
import { eventsPage } from "./EventsPage.ts"
import { type Generated, json } from "./Generated.ts"
import { operationsPage } from "./OperationsPage.ts"
import { statesPage } from "./StatesPage.ts"
import { tablesPage } from "./TablesPage.ts"

// rules -----------------------------------------------------------------------

/** Makes them all. */
export const pages = (): ReadonlyArray<Generated> => [
  operationsPage(),
  eventsPage(),
  statesPage(),
  tablesPage(),
  json("packages/http/openapi.json", OpenApi.document()),
  json("packages/mcp/tools.json", ToolList.toolList())
]
