// nodes: processes that share a node name.

/** @import { Check } from '../check.js' */

/** @type {Check} */
export const nodes = {
  id: 'nodes',
  looks: 'processes that share a node name',
  statements: () => [
    `SELECT p.name, p.node, count(DISTINCT p.meta->>'boot') AS processes FROM eram_producers AS p
     WHERE p.updated_at > now() - interval '20 seconds' GROUP BY p.name, p.node HAVING count(DISTINCT p.meta->>'boot') > 1 ORDER BY 1, 2`,
  ],
  run: (_, rows) =>
    rows.map(({ node, processes }) => ({
      level: 'warn',
      saw: `${processes} processes have the node name ${node}`,
      why: 'Pause, scale and stop for that node reach all of them.',
      fix: 'Give each process a `node` of its own.',
    })),
}
