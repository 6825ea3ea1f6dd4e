// What PostgreSQL would otherwise do some time during a measurement, done before it: for whatever tables a peer has.

import { checkpoint, look } from './database.js'

/** @import { Place } from './database.js' */

/** @param {Place} place */
export async function settle(place) {
  const client = await look(place)
  const { rows } = await client.query(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables WHERE schemaname = $1 ORDER BY tablename`,
    [place.prefix],
  )
  for (const { name } of rows) await client.query(`VACUUM ANALYZE ${name}`)
  await checkpoint(client)
}
