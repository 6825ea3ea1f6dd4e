// Rows of the tables, and which of them a goal compares with.

import { isPeer } from '../contenders/index.js'

/** @import { As, Contender } from '../contenders/index.js' */
/** @import { Row } from '../workloads/index.js' */

/**
 * @param {string} name of contenders/
 * @param {Contender} contender
 * @param {{ as?: As, in?: string, of?: string }} [what] `of`: what is set or done otherwise, told after a comma
 * @returns {Row}
 */
export function rowOf(name, contender, { as, of = as, ...what } = {}) {
  return {
    name: of === undefined || name === 'raw' ? contender.name : `${contender.name}, ${of}`,
    contender: name,
    store: contender.store,
    as,
    ...what,
  }
}

/**
 * @param {Row} row
 * @param {{ as?: As, store?: string }} [which] any when not given
 */
export function isPeerRow({ contender, ...row }, { as, store } = {}) {
  return contender !== undefined && isPeer(contender) && (as ?? row.as) === row.as && (store ?? row.store) === row.store
}

/** @param {{ as?: As, store?: string }} [which] @returns {(row: Row) => boolean} */
export const peers = (which) => (row) => isPeerRow(row, which)

/** @param {string} name of contenders/ @returns {(row: Row) => boolean} */
export const the = (name) => (row) => row.contender === name
