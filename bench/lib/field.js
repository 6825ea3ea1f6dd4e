// Who takes part: the contenders that were chosen, less those that cannot, each with the reason.

import { existsSync, readFileSync } from 'node:fs'
import { isPeer, load, NAMES } from '../contenders/index.js'
import { Refusal } from './refusal.js'

/** @import { As, Contender } from '../contenders/index.js' */
/** @import { Stores } from './database.js' */
/** @typedef {{ name: string, contender: Contender }} Entrant */
/** @typedef {{ name: string, why: string }} Absentee  by the name that tables show, if it is known */

/**
 * @param {string[]} chosen
 * @returns {Promise<{ present: Entrant[], absent: Absentee[] }>}
 */
export async function gather(chosen) {
  const unknown = chosen.find((name) => !NAMES.includes(name))
  if (unknown !== undefined) throw new Refusal(`bench: --contenders: expected some of ${NAMES.join(',')}, got ${JSON.stringify(unknown)}`)
  /** @type {Entrant[]} */
  const present = []
  /** @type {Absentee[]} */
  const absent = []
  for (const name of NAMES.filter((name) => chosen.includes(name))) {
    try {
      present.push({ name, contender: await load(name) })
    } catch (error) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
      // That of a peer may be missing, nothing else.
      if (!isPeer(name) || !/^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '')) throw error
      absent.push({ name, why: `its package is not installed (${message.split('\n')[0]})` })
    }
  }
  return { present, absent }
}

/**
 * Those that can do a workload with these stores.
 * @param {Awaited<ReturnType<typeof gather>>} field
 * @param {string} workload
 * @param {Stores} stores
 */
export function able(field, workload, { redis, whyNoRedis = 'there is no Redis' }) {
  /** @type {Entrant[]} */
  const present = []
  const absent = [...field.absent]
  for (const entrant of field.present) {
    const { contender } = entrant
    const why = contender.cannot[workload] ?? (contender.store === 'redis' && !redis ? whyNoRedis : undefined)
    if (why === undefined) present.push(entrant)
    else absent.push({ name: contender.name, why })
  }
  return { present, absent }
}

/**
 * What is known of who takes part: versions, and what they run with.
 * @param {Entrant[]} entrants
 * @param {string} workload
 * @param {As[]} ways in which they are set up there
 */
export function introduce(entrants, workload, ways) {
  return Object.fromEntries(
    entrants.map(({ contender: { name, package: packaged, settings } }) => {
      const own = settings[workload]
      const usual = Object.fromEntries(ways.flatMap((as) => (settings[as] === undefined ? [] : [[as, settings[as]]])))
      return [name, { version: `${packaged} ${version(packaged)}`, ...(own === undefined ? usual : { [workload]: own }) }]
    }),
  )
}

/** @param {string} name of a package */
function version(name) {
  // Read, not imported: not every package shows its package.json.
  for (const place of name === 'eramjs' ? ['../..'] : [`../peers/node_modules/${name}`, `../../node_modules/${name}`]) {
    const file = new URL(`${place}/package.json`, import.meta.url)
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')).version
  }
  return 'of an unknown version'
}
