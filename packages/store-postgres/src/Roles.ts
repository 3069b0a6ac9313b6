/**
 * The two roles of a store: one in which it reads and writes, one in which it asks about all
 * organizations. Neither can log in, neither bypasses anything, and neither can change an event.
 *
 * Roles belong to the whole server, so their names hold the number of the database: whoever may work in
 * one Foreman's database has no rights in another's.
 *
 * @since 0.1.0
 */
import type pg from "pg"

import { DatabaseUnusable } from "./PostgresFailure.ts"

// models ----------------------------------------------------------------------

/**
 * The names of the roles of a database.
 *
 * @category models
 * @since 0.1.0
 */
export interface Roles {
  readonly app: string
  readonly reactor: string
}

/**
 * What is known of the roles and of who asks.
 *
 * @category models
 * @since 0.1.0
 */
export interface Standing {
  readonly roles: Roles
  readonly user: string
  /** Whether both are there. */
  readonly exist: boolean
  /** Whether whoever asks may take both on. */
  readonly isMember: boolean
  /** Whether they have their rights in the schema. */
  readonly isGranted: boolean
  /** Whether whoever asks may make roles. */
  readonly mayCreate: boolean
  /** Whether whoever asks may take on every role. */
  readonly isSuperuser: boolean
}

// services --------------------------------------------------------------------

/**
 * How things stand with the roles of the client's database.
 *
 * @category services
 * @since 0.1.0
 */
export const look = async (client: pg.ClientBase, hasSchema: boolean): Promise<Standing> => {
  const { rows } = await client.query<{
    id: string
    user: string
    app: string | null
    reactor: string | null
    may: boolean
    root: boolean
  }>(
    `SELECT d.oid::text AS id, session_user AS "user", a.oid::text AS app, r.oid::text AS reactor,
       u.rolsuper OR u.rolcreaterole AS may, u.rolsuper AS root
     FROM pg_database d JOIN pg_roles u ON u.rolname = session_user
     LEFT JOIN pg_roles a ON a.rolname = 'foreman_' || d.oid || '_app'
     LEFT JOIN pg_roles r ON r.rolname = 'foreman_' || d.oid || '_reactor'
     WHERE d.datname = current_database()`
  )
  const [found] = rows
  if (found === undefined) throw new Error("The database does not know itself")
  const roles = { app: `foreman_${found.id}_app`, reactor: `foreman_${found.id}_reactor` }
  const exist = found.app !== null && found.reactor !== null
  const can = async (text: string) =>
    (await client.query<{ can: boolean }>(`SELECT ${text} AS can`, [roles.app, roles.reactor]))
      .rows[0]?.can === true
  const isMember = exist && (await can("pg_has_role($1, 'MEMBER') AND pg_has_role($2, 'MEMBER')"))
  const isGranted =
    exist &&
    hasSchema &&
    (await can(
      `has_schema_privilege($1, 'foreman', 'USAGE') AND has_schema_privilege($2, 'foreman', 'USAGE')
         AND has_table_privilege($1, 'foreman.events', 'INSERT')
         AND has_table_privilege($2, 'foreman.heads', 'SELECT')`
    ))
  return {
    roles,
    user: found.user,
    exist,
    isMember,
    isGranted,
    mayCreate: found.may,
    isSuperuser: found.root
  }
}

/**
 * Makes the roles and gives them to whoever asks. It throws when that needs an administrator.
 *
 * @category operations
 * @since 0.1.0
 */
export const make = async (client: pg.ClientBase, standing: Standing): Promise<void> => {
  const { exist, isMember, isSuperuser, mayCreate, roles, user } = standing
  if (exist && isMember) return
  if (!mayCreate) throw needsAdministrator(standing)
  for (const role of [roles.app, roles.reactor]) {
    const { rows } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [role])
    if (rows.length === 0) await client.query(`CREATE ROLE ${quoted(role)} NOLOGIN`)
    if (!isSuperuser) await client.query(`GRANT ${quoted(role)} TO ${quoted(user)}`)
  }
}

/**
 * Gives the roles their rights in the schema, and no others.
 *
 * @category operations
 * @since 0.1.0
 */
export const grant = async (client: pg.ClientBase, { app, reactor }: Roles): Promise<void> => {
  const [a, r] = [quoted(app), quoted(reactor)]
  await client.query(
    `GRANT USAGE ON SCHEMA foreman TO ${a}, ${r};
     GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA foreman TO ${a};
     REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON foreman.events FROM ${a};
     REVOKE INSERT, UPDATE, DELETE ON foreman.migrations, foreman.secrets FROM ${a};
     REVOKE DELETE ON foreman.heads, foreman.sequences FROM ${a};
     GRANT SELECT ON foreman.heads, foreman.organizations TO ${r};
     REVOKE ALL ON ALL FUNCTIONS IN SCHEMA foreman FROM PUBLIC;
     GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA foreman TO ${a}, ${r};
     GRANT CREATE ON SCHEMA foreman TO ${a};
     ALTER FUNCTION foreman.commit_within OWNER TO ${a};
     REVOKE CREATE ON SCHEMA foreman FROM ${a}`
  )
}

/**
 * What is said to a user who may neither take on the roles nor make them.
 *
 * @category errors
 * @since 0.1.0
 */
export const needsAdministrator = ({ exist, roles, user }: Standing): DatabaseUnusable => {
  const both = `${quoted(roles.app)}, ${quoted(roles.reactor)}`
  const create = [roles.app, roles.reactor].map((name) => `CREATE ROLE ${quoted(name)} NOLOGIN; `)
  return new DatabaseUnusable({
    reason: "roles",
    message:
      `The user ${user} may not make the two roles in which Foreman works in this database. Let an ` +
      `administrator run once: ${exist ? "" : create.join("")}GRANT ${both} TO ${quoted(user)};`
  })
}

/**
 * A name as SQL takes it.
 *
 * @category rules
 * @since 0.1.0
 */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`
