// Table of contents of engine/, the public classes and the engine as this side runs it.
//
//   engine.js             EramEngine
//   job.js                EramJob, which job classes extend
//   define-job.js         defineJob(), which makes a job class of a function
//   options.js            reads the options of EramEngine.start()
//   unset-address.js      names DATABASE_URL where nothing says where to connect
//   start.js              starts an engine
//   enqueueing.js         enqueues for both
//   schema-host.js        operations on a schema without an engine
//   local-engine.js       an engine in the isolate that started it
//   local-queues.js       this thread's slots at the queues of a local engine
//   directives.js         the engine's orders to a local engine
//   test-runners.js       what is different under a test runner
//   unstopped-warning.js  the warning about an engine that was not stopped
//   process-signals.js    SIGTERM, SIGINT, and the exit of the process

export { defineJob } from './define-job.js'
export { EramEngine } from './engine.js'
export { EramJob } from './job.js'
