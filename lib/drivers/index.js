// Table of contents of drivers/, the database libraries through which jobs are enqueued and performed.
//
//   libraries/     the libraries, a file for each, and their list
//   resolve.js     what a `tx` is, and how to run a statement on it
//   open.js        prepares and opens what `driver:` names
//   spec.js        reads `driver:`
//   load.js        imports libraries and files of the user's project
//   exported.js    the instance that a file exports
//   custom.js      a user's own driver
//   adapter.js     driver adapters, which return results instead of throwing
//   conninfo.js    writes connection settings as a connection string
//   shape.js       recognizes objects by their methods

export { err, ok } from './adapter.js'
export { openDriver, prepareDriver } from './open.js'
export { resolveExecutor } from './resolve.js'
