// Rows of metrics, as nodes write them.

/** @import { Query } from './large.js' */

/**
 * Rows of ten seconds over the last hour and a half, whose histograms have 30 values in 20 buckets, in other ones on each node.
 * @param {Query} query @param {number} nodes @param {number} series
 */
export async function fillMetrics(query, nodes, series) {
  await query(
    `WITH histogram AS MATERIALIZED (
       SELECT s, node, 'u zzzz zzz 7i b ' || string_agg((1 + (b * 7 + s + node) % 3) || ' 1', ' ') AS text
       FROM generate_series(1, $1::integer) AS node, generate_series(1, $2::integer) AS s, generate_series(1, 19) AS b GROUP BY s, node
     ), data AS MATERIALIZED (
       SELECT node, jsonb_build_object('v', 1, 's', jsonb_agg(jsonb_build_array(
         'queue-' || s % 10, 'Job' || s, ARRAY[28, 1, 1, 0, 0, 0, 0, 0, 30], text, '', text))) AS data
       FROM histogram GROUP BY node
     )
     INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
     SELECT 10, to_timestamp(floor(extract(epoch FROM now()) / 10) * 10 - n * 10), 'default', 'node-' || node, gen_random_uuid(), data
     FROM data, generate_series(0, 540) AS n`,
    [nodes, series],
  )
  const sample = JSON.stringify(
    Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`queue-${n}`, [n, 0, 0, n, 100 * n, 0, 10, false, nodes]])),
  )
  await query(
    `INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
     SELECT 10, to_timestamp(floor(extract(epoch FROM now()) / 10) * 10 - n * 10), 'default', '*', '00000000-0000-0000-0000-000000000000',
       jsonb_build_object('v', 1, 'q', $1::jsonb, 'nodes', $2::integer)
     FROM generate_series(0, 540) AS n`,
    [sample, nodes],
  )
}
