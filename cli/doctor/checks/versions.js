// versions: PostgreSQL, and the packages of the engines that run.

/** @import { Check, Finding } from '../check.js' */

/** The first version of PostgreSQL that EramJS supports. */
const POSTGRES = 13

/** @type {Check} */
export const versions = {
  id: 'versions',
  looks: 'PostgreSQL, and the packages of the running engines',
  anywhere: true,
  statements: ({ status }) => [
    `SELECT current_setting('server_version_num')::int / 10000 AS major`,
    status.version === 0
      ? `SELECT WHERE false`
      : `SELECT p.meta->>'eram' AS version, count(DISTINCT p.node) AS nodes FROM eram_producers AS p
         WHERE p.updated_at > now() - interval '20 seconds' AND p.meta->>'eram' IS NOT NULL GROUP BY 1 ORDER BY 1`,
  ],
  run({ version }, [postgres], engines = []) {
    /** @type {Finding[]} */
    const findings = []
    if (postgres && postgres.major < POSTGRES) {
      findings.push({ level: 'fail', saw: `PostgreSQL ${postgres.major}`, fix: `Upgrade to PostgreSQL ${POSTGRES} or later.` })
    }
    const other = engines.filter((engine) => engine.version !== version)
    if (other.length > 0) {
      findings.push({
        level: 'warn',
        saw: `engines of eramjs ${other.map((engine) => `${engine.version} on ${engine.nodes} nodes`).join(', ')}; this is ${version}`,
        why: 'Versions run side by side during a deployment, not for long.',
        fix: 'Complete the deployment.',
      })
    }
    return findings
  },
}
