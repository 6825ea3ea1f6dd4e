// What the error of a database library means: an EramError with the server's message, but without arguments or SQL.

import { EramError, serverError } from '../shared/errors.js'
import { serverHint } from '../shared/server-hints.js'

/** @import { Executor } from './resolve.js' */

/** SQLSTATEs of a database that is not migrated: undefined function, undefined table, no such schema. */
const NOT_MIGRATED = new Set(['42883', '42P01', '3F000'])
const UNAVAILABLE = /^(?:08...|57P0[1-3])$/
/** Errors of Node and of libraries about a broken connection, which have no SQLSTATE. */
const CONNECTION_LOST =
  /^E(?:CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_)|connection (?:terminated|ended|closed|error|lost|reset)|not queryable|fetch failed|error connecting/i

/**
 * The EramError for an error of a database library.
 * @param {unknown} error
 * @param {string} what
 * @param {Pick<Executor, 'name' | 'joins'>} library
 * @param {string} prefix
 * @param {string} text
 */
export function toEramError(error, what, { name, joins }, prefix, text) {
  if (error instanceof EramError) return error
  const server = serverError(error)
  if (!server) {
    const { code, message } = /** @type {{ code?: unknown, message?: unknown }} */ (error ?? {})
    const isLost = CONNECTION_LOST.test(String(code)) || CONNECTION_LOST.test(String(message))
    const shown = typeof message === 'string' ? withoutSql(message, text) : 'it failed'
    return new EramError(isLost ? 'ERAM_UNAVAILABLE' : 'ERAM_DRIVER', `${what} through ${name}: ${shown}`, { cause: error })
  }
  const { sqlstate, message } = server
  const details = { cause: error, sqlstate }
  const aborted = joins === true ? 'this transaction is aborted, roll it back' : ''
  if (NOT_MIGRATED.has(sqlstate) && (sqlstate === '3F000' || message.includes('eram_'))) {
    const flag = prefix === 'public' ? '' : ` --prefix ${prefix}`
    return new EramError(
      'ERAM_NOT_MIGRATED',
      `prefix ${JSON.stringify(prefix)}: expected the tables and functions of EramJS, got a database without; run \`npx eramjs migrate${flag}\`${aborted && ` (${aborted})`}`,
      details,
    )
  }
  if (UNAVAILABLE.test(sqlstate)) return new EramError('ERAM_UNAVAILABLE', `${what} through ${name}: ${withoutSql(message, text)}`, details)
  const hint = serverHint(sqlstate, message, prefix)
  return new EramError(
    'ERAM_DATABASE',
    `${what}: the database rejected it: ${withoutSql(message, text)}${hint && `; ${hint}`} (SQLSTATE ${sqlstate})${aborted && `; ${aborted}`}`,
    details,
  )
}

/**
 * Removes the statement, which some libraries put before the server's message, and parameters, which some append.
 * @param {string} message
 * @param {string} text
 */
function withoutSql(message, text) {
  if (message.includes(text)) return 'see cause'
  const statement = /select ".*eram_\w+\((?:\$1|\?)\) as eram/s.exec(message)
  return statement ? message.slice(statement.index + statement[0].length).replace(/^[\s-]+/, '') || 'see cause' : message
}
