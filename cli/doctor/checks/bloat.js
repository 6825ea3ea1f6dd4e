// bloat: the sizes of the indexes next to their rows.

import { ident } from '../check.js'

/** @import { Check } from '../check.js' */

/** An index smaller than this is not reported. */
const BYTES = 8 * 1024 * 1024
/** Bytes an entry, from which on it is. */
const BYTES_PER_ROW = 1000

/** @type {Check} */
export const bloat = {
  id: 'bloat',
  looks: 'the sizes of the indexes of eram_jobs, next to their rows',
  statements: () => [
    `SELECT c.relname AS name, pg_relation_size(c.oid) AS bytes, c.reltuples::bigint AS rows
     FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_am AS a ON a.oid = c.relam
     WHERE i.indrelid = to_regclass(quote_ident($1) || '.eram_jobs') AND a.amname = 'btree' AND c.reltuples >= 0
       AND pg_relation_size(c.oid) > ${BYTES} AND pg_relation_size(c.oid) > ${BYTES_PER_ROW} * greatest(c.reltuples, 1)
     ORDER BY 2 DESC`,
  ],
  run: ({ prefix }, rows) =>
    rows.map(({ name, bytes, rows }) => ({
      level: 'warn',
      saw: `index ${name} has ${Math.round(bytes / 1024 / 1024)} MiB for ${rows} rows`,
      why: 'It takes memory, and a fetch may read empty pages.',
      fix: 'The plugin reindexer rebuilds it; or do it now.',
      sql: `REINDEX INDEX CONCURRENTLY ${ident(prefix)}.${ident(name)};`,
    })),
}
