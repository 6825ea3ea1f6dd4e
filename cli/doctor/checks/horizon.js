// horizon: what else holds back vacuum: prepared transactions, replication slots, standbys.

import { literal } from '../check.js'

/** @import { Check } from '../check.js' */

/** Transactions that a slot or a standby may lag behind. */
const LAG = 1_000_000

/** @type {Check} */
export const horizon = {
  id: 'horizon',
  looks: 'what holds back vacuum: prepared transactions, replication slots, standbys',
  anywhere: true,
  statements: ({ age }) => [
    `SELECT p.gid, extract(epoch FROM now() - p.prepared)::int AS seconds FROM pg_prepared_xacts AS p
     WHERE p.database = current_database() AND p.prepared < now() - make_interval(secs => ${age}) ORDER BY p.prepared LIMIT 10`,
    `SELECT s.slot_name AS name, s.active, greatest(age(s.xmin), age(s.catalog_xmin)) AS lag FROM pg_replication_slots AS s
     WHERE greatest(age(s.xmin), age(s.catalog_xmin)) > ${LAG} ORDER BY 3 DESC LIMIT 10`,
    `SELECT r.application_name AS name, age(r.backend_xmin) AS lag FROM pg_stat_replication AS r
     WHERE age(r.backend_xmin) > ${LAG} ORDER BY 2 DESC LIMIT 10`,
  ],
  run(_, prepared = [], slots = [], standbys = []) {
    const why = 'Vacuum cannot remove the rows that finished jobs leave, so fetches get slower.'
    return [
      ...prepared.map(({ gid, seconds }) => ({
        level: /** @type {const} */ ('warn'),
        saw: `prepared transaction ${gid} is ${seconds} s old`,
        why,
        fix: 'Commit it or roll it back.',
        sql: `ROLLBACK PREPARED ${literal(gid)};`,
      })),
      ...slots.map(({ name, active, lag }) => ({
        level: /** @type {const} */ ('warn'),
        saw: `replication slot ${name} lags ${lag} transactions behind${active ? '' : ' and has no consumer'}`,
        why,
        fix: 'Start its consumer, or drop the slot.',
        ...(!active && { sql: `SELECT pg_drop_replication_slot(${literal(name)});` }),
      })),
      ...standbys.map(({ name, lag }) => ({
        level: /** @type {const} */ ('warn'),
        saw: `standby ${name} holds back vacuum by ${lag} transactions`,
        why,
        fix: 'End the long query there, or set hot_standby_feedback = off.',
      })),
    ]
  },
}
