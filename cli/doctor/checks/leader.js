// leader: engines that serve queues and have no leader.

/** @import { Check } from '../check.js' */

/** @type {Check} */
export const leader = {
  id: 'leader',
  looks: 'whether the engines that serve queues have a leader',
  statements: () => [
    `SELECT p.name, extract(epoch FROM now() - min(p.started_at))::int AS seconds FROM eram_producers AS p
     WHERE p.updated_at > now() - interval '20 seconds'
       -- While all engines sleep there is no leader.
       AND EXISTS (SELECT FROM eram_producers AS a WHERE a.updated_at BETWEEN now() - interval '20 seconds' AND now())
       AND NOT EXISTS (SELECT FROM eram_peers AS l WHERE l.name = p.name AND l.expires_at > now())
     GROUP BY p.name HAVING min(p.started_at) < now() - interval '30 seconds' ORDER BY 1`,
  ],
  run: (_, rows) =>
    rows.map(({ name, seconds }) => ({
      level: 'fail',
      saw: `the engines named ${name} have run for ${seconds} s and have no leader`,
      why: 'Scheduled jobs stay scheduled, jobs of lost nodes are not rescued, and nothing is pruned.',
      fix: 'Let one node lead: check that its plugins are not switched off, and its log for errors.',
    })),
}
