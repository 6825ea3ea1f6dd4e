// What the files of the other job queues share.

/** @import { Work } from './index.js' */

/** The exports of a package that only the benchmark installs; untyped, as a checkout may lack it. @param {string} name @returns {Promise<any>} */
export const theirs = (name) => import(name)

/** What a job does, where it runs on the thread that called work(). @param {Work} work @returns {(args: { n: number }) => void} */
export function performer({ kind, began = () => {}, done = () => {} }) {
  return ({ n }) => {
    if (kind === 'timed') began(n, process.hrtime.bigint())
    done()
  }
}
