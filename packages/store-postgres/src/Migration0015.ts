/**
 * Migration 15: a key for what hints say.
 *
 * Every role that may connect hears what is notified, and may notify. So what a hint says of a commit is
 * sealed with a key that lies here, under the rights of the store's role: who may not read the rows
 * learns nothing from it, and says nothing that is believed.
 *
 * @since 0.1.0
 */

// rules -----------------------------------------------------------------------

/**
 * Its statements. Two such ids hold 244 random bits, by the server's generator for secrets.
 *
 * @category models
 * @since 0.1.0
 */
export const text: string = `
CREATE TABLE foreman.secrets (
  name text NOT NULL CONSTRAINT secrets_key PRIMARY KEY,
  value bytea NOT NULL
);
INSERT INTO foreman.secrets
SELECT 'hints', sha256(convert_to(concat(gen_random_uuid(), gen_random_uuid()), 'UTF8'));
`
