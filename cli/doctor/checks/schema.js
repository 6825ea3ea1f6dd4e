// schema: the version of the schema, and what keeps engines from using it.

import { findingOf } from '../check.js'

/** @import { Check } from '../check.js' */

/** Warnings that other checks show: rights, drift. */
const ELSEWHERE = ['others', 'triggers', 'indexes']

/** @type {Check} */
export const schema = {
  id: 'schema',
  looks: 'the version of the schema, its search path, its ids and its encoding',
  anywhere: true,
  run({ status: { version, latest, pending, warnings }, prefix }) {
    const command = `npx eramjs migrate${prefix === 'public' ? '' : ` --prefix ${prefix}`}`
    if (version === 0) return [{ level: 'fail', saw: 'the schema is not migrated', fix: `Run \`${command}\`.` }]
    if (version < latest)
      return [{ level: 'fail', saw: `version ${version} of ${latest}, pending ${pending.join(', ')}`, fix: `Run \`${command}\`.` }]
    if (version > latest)
      return [{ level: 'warn', saw: `version ${version}, and this package knows ${latest}`, fix: 'Upgrade the package.' }]
    return warnings.filter(({ check }) => !ELSEWHERE.includes(check)).map(findingOf)
  },
}
