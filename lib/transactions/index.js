// Table of contents of transactions/: statements on the caller's own database library. Plain JavaScript, without modules of Node: the
// entry eramjs/enqueue consists of it.
//
//   libraries/     the libraries, a file for each, and their list
//   resolve.js     what an object is, and how to run a statement on it
//   strict.js      accepts a transaction alone
//   hints.js       what to pass instead of what is none
//   insert.js      inserts jobs and sends messages on it
//   statement.js   calls the functions of the schema
//   failure.js     what the error of a library means
//   shape.js       recognizes objects by their methods

export { toEramError } from './failure.js'
export { insertDrafts } from './insert.js'
export { unwrap } from './libraries/adapter.js'
export { isBookshelf } from './libraries/bookshelf.js'
export { isDrizzle } from './libraries/drizzle.js'
export { isKnex } from './libraries/knex.js'
export { isPool } from './libraries/pg.js'
export { resolveClient } from './resolve.js'
export { has } from './shape.js'
export { callFunction, schemaName, statementOf, unexpectedAnswer } from './statement.js'
export { resolveExecutor } from './strict.js'
