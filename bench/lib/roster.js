// The competitors of a workload: those that were chosen, without those that cannot take part, each with the reason.
import { createRequire } from 'node:module'

/** @import { Entry } from '../workloads/index.js' */
/** @import { Stores } from './stores.js' */

const require = createRequire(import.meta.url)
const { version } = require('../../package.json')
/** @type {Record<string, string>} */
export const VERSIONS = { ...require('../package.json').dependencies, eramjs: version }

/** @param {Entry[]} entries @param {string} workload @param {Stores} stores */
export function able(entries, workload, { redis, whyNoRedis = 'Redis is not available' }) {
  const whyNot = (/** @type {Entry} */ { competitor: { cannot, store } }) =>
    cannot[workload] ?? (store === 'redis' && !redis ? whyNoRedis : undefined)
  const all = entries.map((entry) => ({ entry, why: whyNot(entry) }))
  return {
    present: all.flatMap(({ entry, why }) => (why === undefined ? [entry] : [])),
    absent: all.flatMap(({ entry, why }) => (why === undefined ? [] : [{ name: entry.competitor.name, why }])),
  }
}

/** Versions and settings. @param {Entry[]} entries */
export function introduce(entries) {
  const facts = entries.map(({ competitor: { name, package: packaged, settings } }) => [
    name,
    { version: `${packaged} ${VERSIONS[packaged]}`, ...settings },
  ])
  return Object.fromEntries(facts)
}
