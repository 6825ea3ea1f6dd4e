// What the files of the other job queues share.
import { payload } from '../lib/stores.js'

/** @import { Load, Work } from './index.js' */

/** The exports of a package that only the benchmark installs; untyped, as a checkout may lack it. @param {string} name @returns {Promise<any>} */
export const theirs = (name) => import(name)

/** What a job does, where it runs on the thread that called work(). @param {Work} work @returns {(args: { n: number }) => void} */
export function performer({ kind, began = () => {}, done = () => {} }) {
  return ({ n }) => {
    if (kind === 'timed') began(n, process.hrtime.bigint())
    done()
  }
}

/** The arguments of all jobs of a load, in arrays of that size. @param {Load} load @param {number} size */
export function* chunks({ jobs, bytes }, size) {
  for (let n = 0; n < jobs; n += size) yield Array.from({ length: Math.min(size, jobs - n) }, (_, i) => payload(n + i + 1, bytes))
}
