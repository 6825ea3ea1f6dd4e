// Inserts drafts. In a transaction many of them take several statements, so that the size of a statement is bounded; elsewhere one,
// so that all are inserted or none.

import { callFunction, unexpectedAnswer } from './statement.js'

/** @import { Row } from '../shared/job-row.js' */
/** @import { Target } from './statement.js' */

/** Drafts per statement. */
const MAX_CHUNK = 1000
/** Characters of drafts per statement; a longer draft gets a statement of its own. */
const MAX_CHUNK_LENGTH = 4 * 1024 * 1024

/**
 * @param {Target} target
 * @param {string[]} drafts
 * @returns {Promise<Row[]>} one for each, in the same order
 */
export async function insertDrafts(target, drafts) {
  if (drafts.length === 1) return insert(target, String(drafts[0]), 1)
  const rows = []
  for (const chunk of target.executor.joins === true ? chunks(drafts) : [drafts]) {
    rows.push(...(await insert(target, `[${chunk.join(',')}]`, chunk.length)))
  }
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
 * @param {Target} target
 * @param {string} text
 * @param {number} count
 * @returns {Promise<Row[]>}
 */
async function insert(target, text, count) {
  const answer = await callFunction(target, 'enqueue', text)
  const jobs = typeof answer === 'string' ? JSON.parse(answer) : undefined
  if (Array.isArray(jobs) && jobs.length === count) return jobs
  throw unexpectedAnswer(target.executor, answer)
}
