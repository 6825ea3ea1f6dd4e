// SQL on the caller's transaction: one statement with one text parameter and one text column, which every library passes on
// unchanged, and errors with the server's message but without arguments or SQL.

import { resolveExecutor } from '../drivers/index.js'
import { EramError, serverError } from '../shared/errors.js'
import { runningEngine } from '../shared/global-state.js'
import { invalid } from '../shared/validate.js'
import { currentScope } from './transaction-scope.js'

/** @import { Executor } from '../drivers/resolve.js' */
/** @import { RunningEngine } from '../shared/global-state.js' */
/** @import { Row } from '../shared/job-row.js' */
/** @import { EnqueueTarget } from './draft.js' */

/** @typedef {{ executor: Executor, prefix: string, engine: RunningEngine | undefined }} Transaction */

/** Drafts per statement. */
const MAX_CHUNK = 1000
/** Characters of drafts per statement; a longer draft gets a statement of its own. */
const MAX_CHUNK_LENGTH = 4 * 1024 * 1024

/**
 * The transaction to join: the given one, else that of the current scope; undefined for none.
 * @param {EnqueueTarget} target
 * @returns {Transaction | undefined}
 */
export function transactionOf({ tx, engine, prefix }) {
  if (tx === null) return undefined
  const scope = tx === undefined ? currentScope() : undefined
  if (tx === undefined && !scope) return undefined
  const running = runningEngine(engine ?? scope?.engine)
  return {
    executor: scope?.executor ?? resolveExecutor(scope ? scope.tx : tx),
    prefix: schemaName(prefix ?? scope?.prefix) ?? running?.prefix ?? 'public',
    engine: running,
  }
}

/** @param {unknown} prefix @returns {string | undefined} */
function schemaName(prefix) {
  if (prefix === undefined) return undefined
  if (typeof prefix === 'string' && /^[A-Za-z_][\w-]{0,39}$/.test(prefix)) return prefix
  throw invalid('ERAM_JOB', 'prefix', 'a schema of up to 40 letters, digits, "_" and "-"', prefix)
}

/**
 * Writes the ack of a job as the last statement of its own transaction; resolves to the job's new state, or 'lost'.
 * @param {Executor} executor
 * @param {string} prefix
 * @param {string} text  as the addon prepared it
 * @returns {Promise<string>}
 */
export async function ackIn(executor, prefix, text) {
  const rows = await executor.query(`select "${prefix}".eram_ack_job($1) as eram`, [text])
  const state = rows[0]?.eram
  if (typeof state === 'string') return state
  throw unexpectedAnswer(executor, state)
}

/**
 * Inserts drafts; many of them in several statements, so that the size of a statement is bounded.
 * @param {Transaction} transaction
 * @param {string[]} drafts
 * @returns {Promise<Row[]>}
 */
export async function enqueueIn(transaction, drafts) {
  if (drafts.length === 1) return insert(transaction, String(drafts[0]), 1)
  const rows = []
  for (const chunk of chunks(drafts)) rows.push(...(await insert(transaction, `[${chunk.join(',')}]`, chunk.length)))
  return rows
}

/** @param {string[]} texts */
function* chunks(texts) {
  /** @type {string[]} */
  let chunk = []
  let size = 0
  for (const text of texts) {
    if (chunk.length === MAX_CHUNK || (chunk.length > 0 && size + text.length > MAX_CHUNK_LENGTH)) {
      yield chunk
      chunk = []
      size = 0
    }
    chunk.push(text)
    size += text.length
  }
  yield chunk
}

/**
 * Sends a message to all nodes when the transaction commits.
 * @param {Transaction} transaction
 * @param {string} message
 */
export async function notifyIn(transaction, message) {
  await callFunction(transaction, 'notify', message)
}

/**
 * @param {Transaction} transaction
 * @param {string} text
 * @param {number} count
 * @returns {Promise<Row[]>}
 */
async function insert(transaction, text, count) {
  const { executor } = transaction
  const answer = await callFunction(transaction, 'enqueue', text)
  const jobs = typeof answer === 'string' ? JSON.parse(answer) : undefined
  if (Array.isArray(jobs) && jobs.length === count) return jobs
  throw unexpectedAnswer(executor, answer)
}

/** @param {Executor} executor @param {unknown} answer */
function unexpectedAnswer({ name }, answer) {
  return invalid('ERAM_DRIVER', name, 'one row with a text column "eram"', answer)
}

/**
 * Calls eram_enqueue or eram_notify.
 * @param {Transaction} transaction
 * @param {'enqueue' | 'notify'} what
 * @param {string} text
 */
async function callFunction({ executor, prefix }, what, text) {
  try {
    const rows = await executor.query(`select "${prefix}".eram_${what}($1) as eram`, [text])
    return rows[0]?.eram
  } catch (error) {
    throw toEramError(error, what, executor.name, prefix, text)
  }
}

/** SQLSTATEs of a database that is not migrated: undefined function, undefined table, no such schema. */
const NOT_MIGRATED = new Set(['42883', '42P01', '3F000'])
const UNAVAILABLE = /^(?:08...|57P0[1-3])$/
/** Errors of Node and of libraries about a broken connection, which have no SQLSTATE. */
const CONNECTION_LOST =
  /^E(?:CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_)|connection (?:terminated|ended|closed|error|lost|reset)|not queryable/i

/**
 * The EramError for an error of a database library.
 * @param {unknown} error
 * @param {string} what
 * @param {string} library
 * @param {string} prefix
 * @param {string} text
 */
export function toEramError(error, what, library, prefix, text) {
  if (error instanceof EramError) return error
  const server = serverError(error)
  if (!server) {
    const { code, message } = /** @type {{ code?: unknown, message?: unknown }} */ (error ?? {})
    const isLost = CONNECTION_LOST.test(String(code)) || CONNECTION_LOST.test(String(message))
    const shown = typeof message === 'string' ? withoutSql(message, text) : 'it failed'
    return new EramError(isLost ? 'ERAM_UNAVAILABLE' : 'ERAM_DRIVER', `${what} through ${library}: ${shown}`, { cause: error })
  }
  const { sqlstate, message } = server
  const details = { cause: error, sqlstate }
  if (NOT_MIGRATED.has(sqlstate) && (sqlstate === '3F000' || message.includes('eram_'))) {
    const flag = prefix === 'public' ? '' : ` --prefix ${prefix}`
    return new EramError(
      'ERAM_NOT_MIGRATED',
      `prefix ${JSON.stringify(prefix)}: expected the tables and functions of EramJS, got a database without; run \`npx eramjs migrate${flag}\` (this transaction is aborted, roll it back)`,
      details,
    )
  }
  if (UNAVAILABLE.test(sqlstate))
    return new EramError('ERAM_UNAVAILABLE', `${what} through ${library}: ${withoutSql(message, text)}`, details)
  return new EramError(
    'ERAM_DATABASE',
    `${what}: the database rejected it: ${withoutSql(message, text)} (SQLSTATE ${sqlstate}); this transaction is aborted, roll it back`,
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
