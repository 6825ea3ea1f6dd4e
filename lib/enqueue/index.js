// Table of contents of enqueue/, the way of jobs into the database.
//
//   enqueue.js             enqueue() and enqueueAll()
//   batcher.js             joins enqueues of one turn of the event loop
//   in-transaction.js      SQL on the caller's transaction
//   inserted.js            counts what was inserted
//   transaction-scope.js   the transaction that enqueues join without `tx`
//   custom-driver.js       enqueues through a user's own driver

export { enqueue, enqueueAll } from './enqueue.js'
export { ackIn, notifyIn, transactionOf } from './in-transaction.js'
export { handOverCounts } from './inserted.js'
export { currentScope, detached, withTransaction } from './transaction-scope.js'
