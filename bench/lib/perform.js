// What the jobs of the peers do, where they run on the thread that called work().

import { spin } from './spin.js'

/** @import { Work } from '../contenders/index.js' */

/**
 * @param {Work} work
 * @returns {(args: any) => void}
 */
export function performer({ kind, began = () => {}, done = () => {} }) {
  const kinds = {
    noop() {},
    /** @param {{ n: number }} args */
    timed: ({ n }) => began(n, process.hrtime.bigint()),
    cpu: spin,
  }
  /** @type {(args: any) => void} */
  const perform = kinds[kind]
  return (args) => {
    perform(args)
    done()
  }
}
