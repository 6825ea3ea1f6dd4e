// Enqueues through a user's own driver: its enqueue(tx, job) is called for every job, with the transaction or with null. If it
// returns rows of eram_enqueue_job, the inserted job is read from them.

import { runningEngine, state } from '../shared/global-state.js'
import { resolveExecutor, toEramError } from '../transactions/index.js'
import { currentScope } from './transaction-scope.js'

/** @import { CustomEnqueue, RunningEngine } from '../shared/global-state.js' */
/** @import { Row } from '../shared/job-row.js' */
/** @import { EnqueueTarget } from '../job/draft.js' */

/**
 * @typedef {object} BoundEnqueue
 * @property {RunningEngine} engine
 * @property {(text: string) => Promise<Row>} enqueue
 * @property {(texts: string[]) => Promise<Row[]>} enqueueAll  all or none
 */

/** The driver, in messages. */
const DRIVER = { name: 'the driver', joins: true }

/**
 * The driver's enqueue, if the target's engine has such a driver and the target is the schema of that engine.
 * @param {EnqueueTarget} target
 * @returns {BoundEnqueue | undefined}
 */
export function customEnqueue({ tx, engine, prefix }) {
  if (state.customDrivers.size === 0) return undefined
  const scope = tx === undefined ? currentScope() : undefined
  const running = runningEngine(engine ?? scope?.engine)
  const open = running && state.customDrivers.get(running.name)
  if (!running || !open) return undefined
  const schema = prefix ?? scope?.prefix
  if (schema !== undefined && schema !== running.prefix) return undefined
  const at = tx === undefined ? scope?.tx : tx
  // The driver accepts its own transactions; any other must not be recognizable as a pool or idle client.
  if (tx !== undefined && tx !== null && tx !== state.transactionScope.getStore()?.tx) resolveExecutor(tx)
  return {
    engine: running,
    enqueue: async (text) => insert((await open()).enqueue, at ?? null, text, running.prefix),
    async enqueueAll(texts) {
      const driver = await open()
      const each = async (/** @type {unknown} */ tx) => {
        const rows = []
        for (const text of texts) rows.push(await insert(driver.enqueue, tx, text, running.prefix))
        return rows
      }
      return at === undefined || at === null ? driver.transaction(each) : each(at)
    },
  }
}

/**
 * @param {CustomEnqueue} enqueue
 * @param {unknown} tx
 * @param {string} text
 * @param {string} prefix
 * @returns {Promise<Row>}
 */
async function insert(enqueue, tx, text, prefix) {
  try {
    return rowOf(await enqueue(tx, JSON.parse(text)))
  } catch (error) {
    throw toEramError(error, 'enqueue', DRIVER, prefix, text)
  }
}

const COLUMNS = /** @type {const} */ (['ord', 'id', 'state', 'queue', 'scheduled_at', 'inserted_at', 'conflict', 'existing', 'worker'])

/**
 * The row of eram_enqueue_job: of `select * from`, or of plain `select`, which gives one column of text.
 * @param {any} answer
 * @returns {Row}
 */
function rowOf(answer) {
  const rows = Array.isArray(answer) ? (Array.isArray(answer[0]) ? answer[0] : answer) : (answer?.rows ?? [answer])
  const row = rows[0]?.eram_enqueue_job ?? rows[0]
  const { ord: _, ...columns } = typeof row === 'string' ? composite(row) : typeof row === 'object' && row !== null ? row : {}
  const { id = null, state = null, conflict = false, existing } = columns
  return {
    ...columns,
    id: id === null ? null : Number(id),
    state,
    conflict: conflict === true || conflict === 't',
    existing: typeof existing === 'string' ? JSON.parse(existing) : existing,
  }
}

/**
 * Parses a row in PostgreSQL's text form: (1,7,available,"two words",,…), where quotes and backslashes are doubled inside quotes.
 * @param {string} text
 * @returns {Record<string, any>}
 */
function composite(text) {
  const fields = [...text.slice(1, -1).matchAll(/(?:^|,)(?:"((?:[^"\\]|""|\\.)*)"|([^,"]*))/g)]
  if (!text.startsWith('(') || fields.length !== COLUMNS.length) return {}
  const values = fields.map(([, quoted, plain]) => (quoted === undefined ? plain || null : quoted.replace(/(["\\])\1/g, '$1')))
  return Object.fromEntries(COLUMNS.map((name, i) => [name, values[i]]))
}
