// Objection as a driver: a model class with a knex of its own, or the knex.

import { has, isKnex } from '../../transactions/index.js'
import { builderSource, knexSource } from './knex.js'

/** @import { DriverSource } from '../open.js' */

/** @type {DriverSource} */
export const objectionSource = {
  ...builderSource,
  packages: [['objection'], ['knex']],
  isInstance: isBound,
  accepts: knexSource.isInstance,
  settings: (root) => builderSource.settings(knexOf(root)),
  transaction: (root, fn) => builderSource.transaction(knexOf(root), fn),
  close: (root) => builderSource.close(knexOf(root)),
}

/** @param {any} value  a model class with a knex of its own */
function isBound(value) {
  return typeof value === 'function' && value.isObjectionModelClass === true && has(value, 'knex') && isKnex(value.knex())
}

/** @param {any} root  a model class, or a knex */
function knexOf(root) {
  return isBound(root) ? root.knex() : root
}
