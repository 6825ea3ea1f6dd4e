// Bookshelf as a driver: it, or its knex.

import { isBookshelf } from '../../transactions/index.js'
import { builderSource, knexSource } from './knex.js'

/** @import { DriverSource } from '../open.js' */

/** @type {DriverSource} */
export const bookshelfSource = {
  ...builderSource,
  packages: [['bookshelf'], ['knex']],
  isInstance: isBookshelf,
  accepts: knexSource.isInstance,
  settings: (root) => builderSource.settings(knexOf(root)),
  transaction: (root, fn) => builderSource.transaction(knexOf(root), fn),
  close: (root) => builderSource.close(knexOf(root)),
}

/** @param {any} root  a bookshelf, or its knex */
function knexOf(root) {
  return isBookshelf(root) ? root.knex : root
}
