// Table of contents of drivers/: opens the database library that `driver:` names.
//
//   libraries/     how to open each library, and their list
//   open.js        prepares and opens what `driver:` names
//   spec.js        reads `driver:`
//   load.js        imports libraries and files of the user's project
//   exported.js    the instance that a file exports
//   custom.js      a user's own driver
//   adapter.js     driver adapters, which return results instead of throwing
//   conninfo.js    writes connection settings as a connection string
//   tls.js         the TLS settings of a library, for it
//   paths-only.js  checks that entities are paths

export { openDriver, prepareDriver } from './open.js'
