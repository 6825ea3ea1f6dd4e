// queues: jobs that wait for what does not come, and producers that are gone.

/** @import { Check, Finding, Row } from '../check.js' */

/** Jobs that are due are fetched within seconds; what waits for longer than this has a reason. */
const WAITING = `interval '1 minute'`
const LIVE = `p.updated_at > now() - interval '20 seconds'`

/** The queues with available jobs, by the head of an index: one step a queue. @param {number} stage */
const queuesWith = (stage) => `
  (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = ${stage} ORDER BY c.queue LIMIT 1)
  UNION ALL
  SELECT (SELECT c.queue FROM eram_jobs AS c WHERE c.stage = ${stage} AND c.queue > q${stage}.queue ORDER BY c.queue LIMIT 1)
  FROM q${stage} WHERE q${stage}.queue IS NOT NULL`

/** @type {Check} */
export const queues = {
  id: 'queues',
  looks: 'jobs that wait for what does not come, and producers that are gone',
  statements: () => [
    // The first job of each queue has waited for a minute.
    `WITH RECURSIVE q1 AS (${queuesWith(1)}), q3 AS (${queuesWith(3)}), heads AS (
       SELECT q.queue, h.scheduled_at FROM (SELECT queue FROM q1 UNION SELECT queue FROM q3) AS q
       CROSS JOIN LATERAL (
         SELECT least(
           (SELECT c.scheduled_at FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue = q.queue ORDER BY c.priority, c.scheduled_at, c.id LIMIT 1),
           (SELECT c.scheduled_at FROM eram_jobs AS c WHERE c.stage = 3 AND c.queue = q.queue
            ORDER BY c.version_rule, c.version, c.priority, c.scheduled_at, c.id LIMIT 1)
         ) AS scheduled_at
       ) AS h
       WHERE q.queue IS NOT NULL
     )
     SELECT h.queue, extract(epoch FROM now() - h.scheduled_at)::bigint AS seconds,
       (SELECT count(*) FROM eram_producers AS p WHERE p.queue = h.queue AND ${LIVE}) AS nodes,
       EXISTS (SELECT FROM eram_producers AS p WHERE p.queue = h.queue AND ${LIVE} AND (p.paused OR p.running > 0)) AS busy
     FROM heads AS h WHERE h.scheduled_at < now() - ${WAITING} ORDER BY 1`,
    // The first hundred jobs of each queue that is served, of workers that no node of it has.
    `WITH live AS (
       SELECT p.queue, array_agg(DISTINCT w.worker) AS workers FROM eram_producers AS p LEFT JOIN LATERAL unnest(p.workers) AS w(worker) ON true
       WHERE ${LIVE} GROUP BY p.queue HAVING bool_and(p.workers <> '{}')
     )
     SELECT live.queue, h.worker, count(*) AS jobs FROM live CROSS JOIN LATERAL (
       SELECT c.worker, c.scheduled_at FROM eram_jobs AS c WHERE c.stage = 1 AND c.queue = live.queue
       ORDER BY c.priority, c.scheduled_at, c.id LIMIT 100
     ) AS h
     WHERE h.worker <> ALL (live.workers) AND h.scheduled_at < now() - ${WAITING} GROUP BY 1, 2 ORDER BY 1, 2`,
    `SELECT c.id FROM eram_jobs AS c WHERE c.stage IN (1, 3) AND c.attempt >= c.max_attempts ORDER BY c.id LIMIT 10`,
    `SELECT c.id, c.scheduled_at AS at FROM eram_jobs AS c WHERE c.stage = 2 AND c.scheduled_at > now() + interval '1 year'
     ORDER BY c.scheduled_at DESC LIMIT 10`,
    `SELECT p.node, p.queue, extract(epoch FROM now() - p.updated_at)::int AS seconds FROM eram_producers AS p
     WHERE p.updated_at < now() - interval '60 seconds' ORDER BY p.updated_at LIMIT 10`,
  ],
  run(_, heads = [], unhandled = [], exhausted = [], far = [], lost = []) {
    const unhandledQueues = new Set(unhandled.map(({ queue }) => queue))
    return [
      ...heads.filter(({ queue, nodes, busy }) => nodes === 0 || (!busy && !unhandledQueues.has(queue))).map(waitingJobs),
      ...unhandled.map(({ queue, worker, jobs }) => ({
        level: /** @type {const} */ ('warn'),
        saw: `${jobs} of the first jobs of queue ${queue} are of class ${worker}, which no node has`,
        fix: 'Register the class on a node that serves the queue, or cancel the jobs.',
      })),
      ...exhausted.map(({ id }) => ({
        level: /** @type {const} */ ('warn'),
        saw: `job ${id} is available and has no attempts left`,
        why: 'Only a change by hand makes such a job. The leader discards it.',
        fix: `Run \`npx eramjs jobs retry ${id}\`, which gives it one more attempt.`,
      })),
      ...far.map(({ id, at }) => ({
        level: /** @type {const} */ ('warn'),
        saw: `job ${id} is due at ${at}, in more than a year`,
        fix: 'Cancel it, or correct the due time.',
      })),
      ...lost.map(({ node, queue, seconds }) => ({
        level: /** @type {const} */ ('warn'),
        saw: `node ${node} serves queue ${queue} and has sent no heartbeat for ${seconds} s`,
        why: 'The leader removes it and rescues its jobs within 25 s.',
        fix: 'Check that the engines have a leader.',
      })),
    ]
  },
}

/** @param {Row} row @returns {Finding} */
function waitingJobs({ queue, seconds, nodes }) {
  if (nodes === 0) {
    return {
      level: 'warn',
      saw: `queue ${queue} has jobs that have waited ${seconds} s, and no node serves it`,
      fix: 'Start a node that serves the queue.',
    }
  }
  return {
    level: 'warn',
    saw: `queue ${queue} has jobs that have waited ${seconds} s, and none of its ${nodes} nodes runs one`,
    fix: 'See the log of these nodes.',
  }
}
