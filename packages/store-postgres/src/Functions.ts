/**
 * The functions that run next to the data, as statements. They are the program's, not the data's: a
 * migration makes all of them again, and their texts come from the list of tables.
 *
 * Every name is qualified, so that nobody's search path decides what they read.
 *
 * @since 0.1.0
 */
import { Tables } from "@foreman/core"

import * as Commit from "./FunctionsCommit.ts"
import * as Questions from "./FunctionsQuestions.ts"
import * as Write from "./FunctionsWrite.ts"

// rules -----------------------------------------------------------------------

/** All tables, those that are written most before the others: they are looked for in this order. */
const names: ReadonlyArray<string> = [
  ...new Set(["tasks", "directory", "runs", "tokens", ...Object.keys(Tables.tables)])
]

/**
 * All of them.
 *
 * @category models
 * @since 0.1.0
 */
export const text: string = [
  // One whose parameters have changed is another one, and the old one would stay.
  `DO $$
DECLARE
  old text;
BEGIN
  FOR old IN SELECT p.oid::regprocedure::text FROM pg_proc p
    WHERE p.pronamespace = 'foreman'::regnamespace
      AND p.proname ~ '^(ask|carry_out|change|commit|meets|put|receipt_of|write)(_|$)'
  LOOP
    EXECUTE 'DROP FUNCTION ' || old;
  END LOOP;
END $$;`,
  Write.conditions,
  ...Object.entries(Tables.tables).map(([name, table]) => Write.ofTable(name, table)),
  ...Object.entries(Tables.tables).map(([name, table]) => Write.putOfTable(name, table)),
  Write.dispatch(names),
  Write.put(names),
  Questions.questions,
  Questions.path,
  Questions.ask,
  Questions.changes,
  Commit.steps,
  Commit.receipt,
  Commit.group,
  Commit.within
].join("\n")
