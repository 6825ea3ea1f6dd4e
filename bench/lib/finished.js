// When all jobs of a contender are done and acknowledged, by looking into its store.

import { pause } from './database.js'

/** @import { Contender } from '../contenders/index.js' */
/** @import { Place } from './database.js' */
/** @typedef {{ told: Set<string>, hear: () => Promise<void> }} Hints */

const SHORTEST = 2
const LONGEST = 30
const SURE = 1000
// Of the time in which nobody looks, to the time that a look takes: looking must cost little.
const SPARING = 3

/**
 * Returns when that was, as of performance.now(): the beginning of the look that found nothing left.
 * @param {Contender} contender
 * @param {Place} place
 * @param {{ signal?: AbortSignal, party?: Hints }} [hints] `signal` ends the wait; a party that counts its jobs tells `counting`, and
 *   `counted` once the last is done: hardly anybody looks before
 */
export async function finished(contender, place, { signal, party } = {}) {
  for (;;) {
    const looked = performance.now()
    if (signal?.aborted || (await contender.unfinished(place)) === 0) return looked
    const took = performance.now() - looked
    if (party?.told.has('counting') && !party.told.has('counted')) await Promise.race([party.hear(), pause(SURE)])
    else await pause(party?.told.has('counted') ? SHORTEST : Math.min(LONGEST, Math.max(SHORTEST, took * SPARING)))
  }
}
