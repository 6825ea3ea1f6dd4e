// One drain of one contender: a place of its own, filled, worked off by a process of its own, and gone.

import { storeClock } from './cpu.js'
import { freshPlace } from './database.js'
import { finished } from './finished.js'
import { guard } from './interrupt.js'
import { Party } from './party.js'

/** @import { Client } from 'pg' */
/** @import { Contender } from '../contenders/index.js' */
/** @import { Stores } from './database.js' */

/**
 * @param {object} what
 * @param {string} what.name of contenders/
 * @param {Contender} what.contender
 * @param {Client} what.client
 * @param {Stores} what.stores
 * @param {{ jobs: number, bytes?: number, args?: object }} what.load  `args`: of jobs that do something
 * @param {object} what.work
 */
export async function drained({ name, contender, client, stores, load, work }) {
  const { jobs } = load
  return inPlace(contender, stores, async (place) => {
    const party = await Party.prepare('work', { contender: name, place, load, work })
    // Connected, and planned once.
    await contender.unfinished(place)
    const clock = await storeClock(contender.store, client, stores)
    const before = clock()
    const began = performance.now()
    const done = party.run()
    const watch = new AbortController()
    // One that fails leaves jobs that nobody completes.
    done.catch(() => watch.abort())
    const ended = await finished(contender, place, { signal: watch.signal, party })
    const after = clock()
    party.stop()
    const { cpu, lag } = await done
    await party.ended()
    return { ms: ended - began, rate: (jobs / (ended - began)) * 1000, node: cpu / jobs, server: perJob(before, after, jobs), lag }
  })
}

/**
 * @template T
 * @param {Contender} contender
 * @param {Stores} stores
 * @param {(place: import('./database.js').Place) => Promise<T>} task
 */
export async function inPlace(contender, stores, task) {
  const place = freshPlace(stores)
  try {
    await contender.create(place)
    guard()
    return await task(place)
  } finally {
    await contender.destroy(place)
    guard()
  }
}

/** @param {number | null} before @param {number | null} after @param {number} jobs */
export const perJob = (before, after, jobs) => (before === null || after === null ? null : (after - before) / jobs)
