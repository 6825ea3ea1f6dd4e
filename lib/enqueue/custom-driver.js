// Enqueueing through a driver of the user's own that says how: its enqueue(tx, job) is called for every job, with the
// transaction or with null. What it gives tells what became of the job, if it gives rows of eram_enqueue_job.

import { resolveExecutor } from '../drivers/index.js'
import { runningEngine, state } from '../shared/global-state.js'
import { refused } from './in-transaction.js'
import { ambient } from './transaction-scope.js'

/** @import { Way } from './draft.js' */
/** @import { Row } from '../shared/job-row.js' */
/** @import { OwnEnqueue, Running } from '../shared/global-state.js' */

/**
 * @typedef {object} OwnWay
 * @property {Running} engine
 * @property {(text: string) => Promise<Row>} enqueue
 * @property {(texts: string[]) => Promise<Row[]>} enqueueAll  all or none
 */

/**
 * The driver's own way, if the engine that is meant has such a driver; it knows one schema, that of the engine.
 * @param {Way} way
 * @returns {OwnWay | undefined}
 */
export function ownWay({ tx, engine, prefix }) {
  if (state.enqueuers.size === 0) return undefined
  const scope = tx === undefined ? ambient() : undefined
  const running = runningEngine(engine ?? scope?.engine)
  const open = running && state.enqueuers.get(running.name)
  if (!running || !open) return undefined
  const schema = prefix ?? scope?.prefix
  if (schema !== undefined && schema !== running.prefix) return undefined
  const at = tx === undefined ? scope?.tx : tx
  // What the driver itself gave it knows; what else is passed must not be a pool that we could have told.
  if (tx !== undefined && tx !== null && tx !== state.ambient.getStore()?.tx) resolveExecutor(tx)
  return {
    engine: running,
    enqueue: async (text) => put((await open()).enqueue, at ?? null, text, running.prefix),
    async enqueueAll(texts) {
      const driver = await open()
      const each = async (/** @type {unknown} */ tx) => {
        const rows = []
        for (const text of texts) rows.push(await put(driver.enqueue, tx, text, running.prefix))
        return rows
      }
      return at === undefined || at === null ? driver.transaction(each) : each(at)
    },
  }
}

/**
 * @param {OwnEnqueue} enqueue
 * @param {unknown} tx
 * @param {string} text
 * @param {string} prefix
 * @returns {Promise<Row>}
 */
async function put(enqueue, tx, text, prefix) {
  try {
    return rowOf(await enqueue(tx, JSON.parse(text)))
  } catch (error) {
    throw refused(error, 'enqueue', 'the driver', prefix, text)
  }
}

const COLUMNS = /** @type {const} */ (['ord', 'id', 'state', 'queue', 'scheduled_at', 'inserted_at', 'conflict', 'existing'])

/**
 * The row of eram_enqueue_job, from `select * from` it or from `select` it, which gives one column of text.
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
 * A row as PostgreSQL writes it: (1,7,available,"two words",,…), where quotes and backslashes are doubled inside quotes.
 * @param {string} text
 * @returns {Record<string, any>}
 */
function composite(text) {
  const fields = [...text.slice(1, -1).matchAll(/(?:^|,)(?:"((?:[^"\\]|""|\\.)*)"|([^,"]*))/g)]
  if (!text.startsWith('(') || fields.length !== COLUMNS.length) return {}
  const values = fields.map(([, quoted, plain]) => (quoted === undefined ? plain || null : quoted.replace(/(["\\])\1/g, '$1')))
  return Object.fromEntries(COLUMNS.map((name, i) => [name, values[i]]))
}
