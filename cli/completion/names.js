// Names of queues and workers for a completion: from the config and the database, as far as they come in time.

import { findConfig, readConfig } from '../config/index.js'
import { loadEnvFile } from '../env-file.js'
import { Schema } from '../schema.js'

/** @import { NameKind } from './candidates.js' */
/** @import { Terminal } from '../terminal.js' */

/** Milliseconds in which the names have to be there: a shell waits for them. $ERAM_COMPLETION_TIMEOUT takes precedence. */
const LIMIT = 300

/** @type {Record<NameKind, string>} */
const STATEMENTS = {
  queue: 'SELECT queue AS name FROM eram_queues UNION SELECT queue FROM eram_producers ORDER BY 1',
  worker: 'SELECT worker AS name FROM eram_workers UNION SELECT unnest(workers) FROM eram_producers ORDER BY 1',
}

/**
 * @param {NameKind} kind
 * @param {string[]} words  of the command line, which may say where the database is
 * @param {Terminal} io
 * @returns {Promise<string[]>}
 */
export async function namesOf(kind, words, io) {
  /** @type {Set<string>} */
  const names = new Set()
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, Number(io.env.ERAM_COMPLETION_TIMEOUT) || LIMIT)
  })
  // A shell has no place for an error: without a database there are no names.
  await Promise.race([collect(kind, words, io, names).catch(() => {}), late])
  clearTimeout(timer)
  return [...names].filter((name) => name !== '*')
}

/** @param {NameKind} kind @param {string[]} words @param {Terminal} io @param {Set<string>} names */
async function collect(kind, words, io, names) {
  const given = (/** @type {string} */ flag) => valueIn(words, flag)
  loadEnvFile(io.env, given('env-file'))
  const file = findConfig(given('config'))
  const config = file === undefined ? undefined : await readConfig(file, { command: 'completion', env: io.env })
  if (kind === 'queue') for (const queue of Object.keys(config?.start.queues ?? {})) names.add(queue)
  const { url, driver, prefix } = config?.start ?? {}
  const named = given('url')
  const own = named === undefined ? { url, driver } : { url: named }
  const address = Object.fromEntries(
    Object.entries({ ...own, prefix: given('prefix') ?? prefix }).filter(([, value]) => value !== undefined),
  )
  const [answer] = await new Schema(address, io).perform('schema.inspect', { statements: [STATEMENTS[kind]] })
  for (const { name } of answer.rows ?? []) names.add(name)
}

/** @param {string[]} words @param {string} flag */
function valueIn(words, flag) {
  const at = words.indexOf(`--${flag}`)
  if (at >= 0) return words[at + 1] === '=' ? words[at + 2] : words[at + 1]
  return words.find((word) => word.startsWith(`--${flag}=`))?.slice(flag.length + 3)
}
