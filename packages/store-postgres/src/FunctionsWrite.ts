/**
 * One function per table that writes steps of one kind, many at once: their statements are static,
 * so each is planned once in a session.
 *
 * A step is an object of the columns that it names, of the key and of the row; `$w` and `$a` are its
 * conditions before and after, `$e` those that are equalities with a value, as an object.
 *
 * @since 0.1.0
 */
import type { Tables } from "@foreman/core"

// rules -----------------------------------------------------------------------

/**
 * Whether a row meets conditions: null is a value for equality and meets no order. Text goes by code
 * point.
 *
 * @category models
 * @since 0.1.0
 */
export const conditions: string = `
CREATE OR REPLACE FUNCTION foreman.meets(r jsonb, conditions jsonb) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  c jsonb; l jsonb; t jsonb; compared int; is_met boolean;
BEGIN
  FOR c IN SELECT * FROM jsonb_array_elements(conditions) LOOP
    IF jsonb_array_length(c->'columns') = 1 THEN
      l := r->(c->'columns'->>0);
    ELSE
      -- A sum with null is null, which the aggregate would leave out.
      SELECT CASE WHEN bool_or(r->n = 'null') THEN 'null' ELSE to_jsonb(sum((r->>n)::numeric)) END
      INTO l FROM jsonb_array_elements_text(c->'columns') n;
    END IF;
    t := CASE jsonb_typeof(c->'than') WHEN 'object' THEN r->(c->'than'->>'column') ELSE c->'than' END;
    IF c->>'is' = '=' OR c->>'is' = '<>' THEN
      IF (l = t) IS DISTINCT FROM (c->>'is' = '=') THEN RETURN false; END IF;
      CONTINUE;
    END IF;
    IF l IS NULL OR t IS NULL OR l = 'null' OR t = 'null' THEN RETURN false; END IF;
    compared := CASE
      WHEN jsonb_typeof(l) = 'string' AND jsonb_typeof(t) = 'string' THEN
        CASE WHEN (l#>>'{}') COLLATE "C" < (t#>>'{}') THEN -1 WHEN l = t THEN 0 ELSE 1 END
      WHEN l < t THEN -1 WHEN l = t THEN 0 ELSE 1 END;
    is_met := CASE c->>'is' WHEN '<' THEN compared < 0 WHEN '<=' THEN compared <= 0
      WHEN '>' THEN compared > 0 ELSE compared >= 0 END;
    IF NOT is_met THEN RETURN false; END IF;
  END LOOP;
  RETURN true;
END $$;`

/**
 * The function of a table. It answers how many of the steps hold.
 *
 * @category models
 * @since 0.1.0
 */
export const ofTable = (name: string, table: Tables.Table): string => {
  const types = Object.entries(table.columns).map(
    ([column, type]) => [column, sqlType(type)] as const
  )
  const key = table.key.filter((column) => column !== "organization")
  const own = ["organization", ...key]
  const free = types.filter(([column]) => !own.includes(column))
  const value = (column: string) => `(r->>'${column}')::${sqlType(table.columns[column] ?? "text")}`
  const set = free.map(
    ([column]) => `${column} = CASE WHEN r ? '${column}' THEN ${value(column)} ELSE t.${column} END`
  )
  const add = free
    .filter(([, type]) => type === "bigint")
    .map(
      ([column]) =>
        `${column} = CASE WHEN r ? '${column}' THEN t.${column} + ${value(column)} ELSE t.${column} END`
    )
  // One step after the other finds its row by the key, however few rows the table had when that was
  // planned. Keys are columns there, because a policy lets no index see what an expression says.
  const found = `(
      SELECT r${key.map((column) => `, ${value(column)} AS key_${column}`).join("")}
      FROM jsonb_array_elements(steps) AS e(r) OFFSET 0
    ) s CROSS JOIN LATERAL (
      SELECT o.ctid AS place FROM foreman.${name} o
      WHERE o.organization = org${key.map((column) => ` AND o.${column} = s.key_${column}`).join("")} LIMIT 1
    ) f`
  const where = "t.ctid = f.place"
  const before =
    "(NOT r ? '$e' OR to_jsonb(t) @> (r->'$e')) " +
    "AND (NOT r ? '$w' OR foreman.meets(to_jsonb(t), r->'$w'))"
  const after = "(NOT r ? '$a' OR foreman.meets(to_jsonb(t), r->'$a'))"
  const update = (assignments: ReadonlyArray<string>) =>
    assignments.length === 0
      ? `RAISE EXCEPTION 'Nothing of ${name} can be changed'`
      : `UPDATE foreman.${name} t SET
      ${assignments.join(",\n      ")}
    FROM ${found}
    WHERE ${where} AND ${before}`
  return `
CREATE OR REPLACE FUNCTION foreman.write_${name}(
  org text, kind text, looks_after boolean, steps jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  held bigint; kept bigint;
BEGIN
  IF kind = 'Set' THEN
    ${update(set)};
  ELSIF kind = 'Add' THEN
    ${update(add)};
  ELSIF kind = 'Delete' THEN
    DELETE FROM foreman.${name} t USING ${found}
    WHERE ${where} AND ${before} AND ${after};
  ELSE
    PERFORM FROM foreman.${name} t, ${found}
    WHERE ${where} AND ${before} AND ${after};
  END IF;
  GET DIAGNOSTICS held = ROW_COUNT;
  IF looks_after AND (kind = 'Set' OR kind = 'Add') THEN
    SELECT count(*) INTO kept FROM foreman.${name} t, ${found}
    WHERE ${where} AND ${after};
    held := least(held, kept);
  END IF;
  RETURN held;
END $$;`
}

/**
 * The function that puts rows into a table.
 *
 * @category models
 * @since 0.1.0
 */
export const putOfTable = (name: string, table: Tables.Table): string => {
  const names = cellsOf(table)
  const cells = names.map(
    (column, place) => `cells[p + ${place + 1}]::${sqlType(table.columns[column] ?? "text")}`
  )
  return `
CREATE OR REPLACE FUNCTION foreman.put_${name}(org text, cells text[], places int[])
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO foreman.${name} (${["organization", ...names].join(", ")})
  SELECT ${["org", ...cells].join(", ")} FROM unnest(places) AS p;
  RETURN true;
END $$;`
}

/**
 * The columns of a table's rows as cells: all but the organization, in the order of the list.
 *
 * @category models
 * @since 0.1.0
 */
export const cellsOf = ({ columns }: Tables.Table): ReadonlyArray<string> =>
  Object.keys(columns).filter((column) => column !== "organization")

/**
 * The function that puts rows into the table of that name. They come as cells, one row after the
 * other; a place is where a row begins, less one.
 *
 * @category models
 * @since 0.1.0
 */
export const put = (names: ReadonlyArray<string>): string => `
CREATE OR REPLACE FUNCTION foreman.put(org text, tab text, cells text[], places int[])
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  CASE tab
${names.map((name) => `  WHEN '${name}' THEN RETURN foreman.put_${name}(org, cells, places);`).join("\n")}
  END CASE;
END $$;`

/**
 * The function that knows the functions of all tables.
 *
 * @category models
 * @since 0.1.0
 */
export const dispatch = (names: ReadonlyArray<string>): string => `
CREATE OR REPLACE FUNCTION foreman.write(
  org text, tab text, kind text, looks_after boolean, steps jsonb
) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
  CASE tab
${names.map((name) => `  WHEN '${name}' THEN RETURN ${writer(name)};`).join("\n")}
  END CASE;
END $$;`

/**
 * The type of a column as PostgreSQL names it.
 *
 * @category models
 * @since 0.1.0
 */
export const sqlType = (type: Tables.ColumnType): string => {
  if (type.startsWith("text")) return "text"
  if (type.startsWith("integer")) return "bigint"
  return type === "boolean" ? "boolean" : "bytea"
}

// internal --------------------------------------------------------------------

const writer = (name: string): string => `foreman.write_${name}(org, kind, looks_after, steps)`
