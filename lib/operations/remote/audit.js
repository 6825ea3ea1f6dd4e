// What eramjs/web records of changes: entries, and what something was like before and after. operations/table/audit.js lists them.

import { toJson } from '../../shared/json.js'

/** @import { EngineHost } from '../operation.js' */

/** What is shown of a cron entry. */
const CRON = ['expression', 'timezone', 'worker', 'guaranteed', 'paused']

/** @param {EngineHost} host @param {object} entry  its members are columns of eram_audit */
export async function insertAudit(host, entry) {
  await host.call('audit', 'insert', toJson(entry, 'audit'))
}

/**
 * What was set for a queue, or what a cron entry is like; null: nothing.
 * @param {EngineHost} host
 * @param {'queue' | 'cron'} kind
 * @param {string} name
 */
export async function stateOf(host, kind, name) {
  if (kind === 'queue') {
    const settings = await host.call('audit', 'settings', toJson({ queue: name }, 'audit'))
    return Object.keys(settings).length === 0 ? null : settings
  }
  /** @type {Record<string, unknown>[]} */
  const entries = await host.call('crons', 'list', '{}')
  const entry = entries.find((each) => each.name === name)
  return entry ? Object.fromEntries(CRON.map((key) => [key, entry[key]])) : null
}
