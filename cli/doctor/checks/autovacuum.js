// autovacuum: whether it is on, and keeps up.

import { ident } from '../check.js'

/** @import { Check, Finding } from '../check.js' */

/** Dead rows that are reported, if they are also five times as many as the live ones. */
const DEAD = 50_000

/** @type {Check} */
export const autovacuum = {
  id: 'autovacuum',
  looks: 'whether autovacuum is on, and keeps up',
  statements: () => [
    `SELECT s.name FROM pg_settings AS s WHERE s.name IN ('autovacuum', 'track_counts') AND s.setting = 'off'`,
    `SELECT c.relname AS name FROM pg_class AS c
     WHERE c.relnamespace = to_regnamespace(quote_ident($1)) AND c.relkind = 'r' AND starts_with(c.relname, 'eram_')
       AND 'autovacuum_enabled=false' = ANY (c.reloptions) ORDER BY 1`,
    `SELECT s.relname AS name, s.n_dead_tup AS dead, s.n_live_tup AS live, s.last_autovacuum AS last FROM pg_stat_user_tables AS s
     WHERE s.schemaname = $1 AND starts_with(s.relname, 'eram_') AND s.n_dead_tup > ${DEAD} AND s.n_dead_tup > 5 * s.n_live_tup`,
  ],
  run({ prefix }, settings = [], tables = [], dead = []) {
    /** @type {Finding[]} */
    const findings = [
      ...settings.map(({ name }) => ({
        level: /** @type {const} */ ('fail'),
        saw: `${name} is off`,
        why: 'Each job leaves dead rows; without vacuum, fetches get slower and tables grow.',
        fix: 'Switch it on.',
        sql: `ALTER SYSTEM SET ${name} = on;\nSELECT pg_reload_conf();`,
      })),
      ...tables.map(({ name }) => ({
        level: /** @type {const} */ ('fail'),
        saw: `autovacuum is off for ${name}`,
        why: 'Each job leaves dead rows; without vacuum, fetches get slower and tables grow.',
        fix: 'Switch it on.',
        sql: `ALTER TABLE ${ident(prefix)}.${ident(name)} RESET (autovacuum_enabled);`,
      })),
      ...dead.map((table) => ({
        level: /** @type {const} */ ('warn'),
        saw: `${table.name} has ${table.dead} dead rows and ${table.live} live ones; last autovacuum ${table.last ?? 'never'}`,
        why: 'Fetches walk over dead index entries.',
        fix: 'See the checks transactions and horizon; else let autovacuum work faster (autovacuum_max_workers, autovacuum_vacuum_cost_limit).',
        sql: `VACUUM (ANALYZE) ${ident(prefix)}.${ident(table.name)};`,
      })),
    ]
    return findings
  },
}
