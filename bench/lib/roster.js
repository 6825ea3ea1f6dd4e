// The competitors of a run: those that were chosen, without those that cannot take part, each with the reason.
import { existsSync, readFileSync } from 'node:fs'
import { isOther, load, NAMES } from '../competitors/index.js'
import { UsageError } from './usage-error.js'

/** @import { As, Competitor } from '../competitors/index.js' */
/** @import { Stores } from './stores.js' */
/** @typedef {{ name: string, competitor: Competitor }} Entry */
/** @typedef {{ present: Entry[], absent: { name: string, why: string }[] }} Roster */

/** @param {string[]} chosen @returns {Promise<Roster>} */
export async function gather(chosen) {
  const unknown = chosen.find((name) => !NAMES.includes(name))
  if (unknown !== undefined)
    throw new UsageError(`bench: --competitors: expected some of ${NAMES.join(',')}, got ${JSON.stringify(unknown)}`)
  /** @type {Roster} */
  const roster = { present: [], absent: [] }
  for (const name of NAMES.filter((name) => chosen.includes(name))) {
    try {
      roster.present.push({ name, competitor: await load(name) })
    } catch (error) {
      const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
      // Only the package of another job queue may be missing.
      if (!isOther(name) || !/^(ERR_)?MODULE_NOT_FOUND$/.test(code ?? '')) throw error
      roster.absent.push({ name, why: `its package is not installed (${message.split('\n')[0]})` })
    }
  }
  return roster
}

/** Those that can take part in a workload with these stores. @param {Roster} roster @param {string} workload @param {Stores} stores @returns {Roster} */
export function able(roster, workload, { redis, whyNoRedis = 'Redis is not available' }) {
  /** @param {Competitor} competitor */
  const whyNot = ({ cannot, store }) => cannot[workload] ?? (store === 'redis' && !redis ? whyNoRedis : undefined)
  const unable = roster.present.flatMap(({ competitor }) => {
    const why = whyNot(competitor)
    return why === undefined ? [] : [{ name: competitor.name, why }]
  })
  return {
    present: roster.present.filter(({ competitor }) => whyNot(competitor) === undefined),
    absent: [...roster.absent, ...unable],
  }
}

/** Versions and settings. @param {Entry[]} entries @param {string} workload @param {As[]} ways of configuration there */
export function introduce(entries, workload, ways) {
  return Object.fromEntries(
    entries.map(({ competitor: { name, package: packaged, settings } }) => {
      const keys = settings[workload] === undefined ? ways.filter((as) => settings[as] !== undefined) : [workload]
      return [name, { version: `${packaged} ${version(packaged)}`, ...Object.fromEntries(keys.map((key) => [key, settings[key]])) }]
    }),
  )
}

/** @param {string} name of a package */
function version(name) {
  // Read, not imported: not every package exports its package.json.
  for (const folder of name === 'eramjs' ? ['../..'] : [`../node_modules/${name}`, `../../node_modules/${name}`]) {
    const file = new URL(`${folder}/package.json`, import.meta.url)
    if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')).version
  }
  return 'of unknown version'
}
