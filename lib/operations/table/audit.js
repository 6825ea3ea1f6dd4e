// What was changed over HTTP: audit.list.

import { toJson } from '../../shared/json.js'
import { recordOf } from '../../shared/validate.js'

/** @import { EngineOperation } from '../operation.js' */

/** @type {EngineOperation[]} */
export const audit = [
  {
    name: 'audit.list',
    summary: 'Lists the changes that were asked for over HTTP, newest first',
    about: 'Refused ones too. For the next page, pass the id of the last entry as `before`.',
    access: 'read',
    options: {
      user: { kind: 'name', meaning: 'by this user, as the log names it' },
      operation: { kind: 'names', meaning: 'of one of these operations' },
      target: { kind: 'name', meaning: 'of what was to be changed, such as queue:emails, job:12 or cron:nightly' },
      result: { kind: 'names', meaning: "'ok', 'refused' or 'failed'" },
      from: { kind: 'time', meaning: 'then or later' },
      until: { kind: 'time', meaning: 'before' },
      limit: { kind: 'integer', default: '100', meaning: 'at most this many, 1 to 1000' },
      before: { kind: 'integer', meaning: 'entries with a lower id' },
    },
    answer: { type: 'AuditRow[]', dates: ['at'] },
    command: 'audit',
    remote: { path: '/audit', permission: 'audit:view', list: 'audit', paged: true, tool: false },
    run(engine, options) {
      const { limit, operation, result, ...filter } = recordOf(options, 'audit.list')
      const lists = { operation: listOf(operation), result: listOf(result) }
      return engine.call('audit', 'list', toJson({ filter: { ...filter, ...lists }, limit }, 'audit.list', 'ERAM_CONFIG'))
    },
  },
]

/** @param {unknown} value */
function listOf(value) {
  return value === undefined || Array.isArray(value) ? value : [value]
}
