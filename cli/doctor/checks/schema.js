// schema: the version of the schema.

/** @import { Check } from '../check.js' */

/** @type {Check} */
export const schema = {
  id: 'schema',
  looks: 'the version of the schema',
  anywhere: true,
  run({ status: { version, latest, pending }, prefix }) {
    const command = `npx eramjs migrate${prefix === 'public' ? '' : ` --prefix ${prefix}`}`
    if (version === 0) return [{ level: 'fail', saw: 'the schema is not migrated', fix: `Run \`${command}\`.` }]
    if (version < latest)
      return [{ level: 'fail', saw: `version ${version} of ${latest}, pending ${pending.join(', ')}`, fix: `Run \`${command}\`.` }]
    if (version > latest)
      return [{ level: 'warn', saw: `version ${version}, and this package knows ${latest}`, fix: 'Upgrade the package.' }]
    return []
  },
}
