// Enqueueing on the caller's own transaction: one statement with one text parameter and one text column, which every library
// carries unchanged, and errors that tell what the server said without the arguments or the SQL.

import { resolveExecutor } from '../drivers/index.js'
import { EramError, serverError, shown } from '../shared/errors.js'
import { runningEngine } from '../shared/global-state.js'
import { ambient } from './transaction-scope.js'

/** @import { Executor } from '../drivers/index.js' */
/** @import { Way } from './draft.js' */
/** @import { Row } from '../shared/job-row.js' */
/** @import { Running } from '../shared/global-state.js' */

/** @typedef {{ executor: Executor, prefix: string, engine: Running | undefined }} Transaction */

const CHUNK_JOBS = 1000
const CHUNK_CHARACTERS = 4 * 1024 * 1024

/**
 * The transaction to join: the given one, else the ambient one; undefined for none.
 * @param {Way} way
 * @returns {Transaction | undefined}
 */
export function transactionOf({ tx, engine, prefix }) {
  if (tx === null) return undefined
  const scope = tx === undefined ? ambient() : undefined
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
  throw new EramError('ERAM_JOB', `prefix: expected a schema of up to 40 letters, digits, "_" and "-", got ${shown(prefix)}`)
}

/**
 * Writes a job's outcome as the last statement of its own transaction; the state that it is in then, or 'lost'.
 * @param {Executor} executor
 * @param {string} prefix
 * @param {string} text  as the addon's settlement() gave it
 * @returns {Promise<string>}
 */
export async function settleIn(executor, prefix, text) {
  const rows = await executor.query(`select "${prefix}".eram_ack_job($1) as eram`, [text])
  const state = rows[0]?.eram
  if (typeof state === 'string') return state
  throw new EramError('ERAM_DRIVER', `${executor.name}: expected one row with a text column "eram", got ${shown(state)}`)
}

/**
 * Many drafts go in several statements of the one transaction, so that no single text grows without bound.
 * @param {Transaction} transaction
 * @param {string[]} drafts
 * @returns {Promise<Row[]>}
 */
export async function enqueueIn(transaction, drafts) {
  if (drafts.length === 1) return run(transaction, String(drafts[0]), 1)
  const rows = []
  for (const chunk of chunks(drafts)) rows.push(...(await run(transaction, `[${chunk.join(',')}]`, chunk.length)))
  return rows
}

/** @param {string[]} texts */
function* chunks(texts) {
  /** @type {string[]} */
  let chunk = []
  let size = 0
  for (const text of texts) {
    if (chunk.length === CHUNK_JOBS || (chunk.length > 0 && size + text.length > CHUNK_CHARACTERS)) {
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
  await ask(transaction, 'notify', message)
}

/**
 * @param {Transaction} transaction
 * @param {string} text
 * @param {number} count
 * @returns {Promise<Row[]>}
 */
async function run(transaction, text, count) {
  const { executor } = transaction
  const answer = await ask(transaction, 'enqueue', text)
  const jobs = typeof answer === 'string' ? JSON.parse(answer) : undefined
  if (Array.isArray(jobs) && jobs.length === count) return jobs
  throw new EramError('ERAM_DRIVER', `${executor.name}: expected one row with a text column "eram", got ${shown(answer)}`)
}

/**
 * The answer of one of our functions, a text for a text.
 * @param {Transaction} transaction
 * @param {'enqueue' | 'notify'} what
 * @param {string} text
 */
async function ask({ executor, prefix }, what, text) {
  try {
    const rows = await executor.query(`select "${prefix}".eram_${what}($1) as eram`, [text])
    return rows[0]?.eram
  } catch (error) {
    throw refused(error, what, executor.name, prefix, text)
  }
}

// What a database says that lacks our functions or tables: undefined function, undefined table, no such schema.
const NOT_MIGRATED = new Set(['42883', '42P01', '3F000'])
const UNAVAILABLE = /^(?:08...|57P0[1-3])$/
// What Node and the libraries say of a connection that is gone, which no server had the time to give a code.
const AWAY = /^E(?:CONN|PIPE|TIMEDOUT|HOST|NET|NOTFOUND|AI_)|connection (?:terminated|ended|closed|error|lost|reset)|not queryable/i

/**
 * @param {unknown} error
 * @param {string} what
 * @param {string} library
 * @param {string} prefix
 * @param {string} text
 */
export function refused(error, what, library, prefix, text) {
  if (error instanceof EramError) return error
  const server = serverError(error)
  if (!server) {
    const { code, message } = /** @type {{ code?: unknown, message?: unknown }} */ (error ?? {})
    const away = AWAY.test(String(code)) || AWAY.test(String(message))
    const said = typeof message === 'string' ? clean(message, text) : 'it failed'
    return new EramError(away ? 'ERAM_UNAVAILABLE' : 'ERAM_DRIVER', `${what} through ${library}: ${said}`, { cause: error })
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
  if (UNAVAILABLE.test(sqlstate)) return new EramError('ERAM_UNAVAILABLE', `${what} through ${library}: ${clean(message, text)}`, details)
  return new EramError(
    'ERAM_DATABASE',
    `${what}: the database refused it: ${clean(message, text)} (SQLSTATE ${sqlstate}); this transaction is aborted, roll it back`,
    details,
  )
}

/**
 * Some libraries put the statement before the server's message, some the parameters behind it.
 * @param {string} message
 * @param {string} text
 */
function clean(message, text) {
  if (message.includes(text)) return 'see cause'
  const statement = /select ".*eram_\w+\((?:\$1|\?)\) as eram/s.exec(message)
  return statement ? message.slice(statement.index + statement[0].length).replace(/^[\s-]+/, '') || 'see cause' : message
}
