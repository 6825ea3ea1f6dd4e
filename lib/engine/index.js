// Table of contents of engine/, the public classes and the engine as this side runs it.
//
//   engine.js             EramEngine, and defineConfig(), which types what a config file exports
//   job.js                EramJob, which job classes extend, defineJob(), which makes a class of a function, and enqueues
//   options.js            reads the options of EramEngine.start()
//   unset-address.js      names DATABASE_URL where nothing says where to connect
//   start.js              starts an engine
//   schema-host.js        operations on a schema without an engine
//   migration-wait.js     says for whom a migration waits
//   local-engine.js       an engine in the isolate that started it
//   local-queues.js       this thread's slots at the queues of a local engine
//   error-events.js       errors that events report, for onError
//   directives.js         the engine's orders to a local engine
//   test-runners.js       what is different under a test runner
//   unstopped-warning.js  the warning about an engine that was not stopped
//   process-signals.js    SIGTERM, SIGINT, and the exit of the process

export { defineConfig, EramEngine } from './engine.js'
export { defineJob, EramJob } from './job.js'
