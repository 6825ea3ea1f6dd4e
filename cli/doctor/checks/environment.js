// environment: the stamp of the database, next to the environment of the application.

/** @import { Check } from '../check.js' */

/** @type {Check} */
export const environment = {
  id: 'environment',
  looks: 'the stamp of the database, next to --environment',
  statements: () => [`SELECT s.value #>> '{}' AS stamp FROM eram_settings AS s WHERE s.key = 'environment'`],
  run({ environment }, rows) {
    const stamp = rows[0]?.stamp ?? null
    if (environment === undefined || stamp === environment) return []
    if (stamp === null) return [{ level: 'info', saw: `no stamp; the first engine with environment ${environment} sets it` }]
    return [
      {
        level: 'fail',
        saw: `the database is stamped with ${stamp}, and the application has ${environment}`,
        why: 'Its engines only enqueue, and run no queues.',
        fix: `Connect to the database of ${environment}, or run \`npx eramjs environment --set ${environment}\`.`,
      },
    ]
  },
}
