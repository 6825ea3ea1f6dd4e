// Table of contents of operations/, everything that a running engine or a schema can be asked to do. The methods of EramEngine, of
// engine.jobs and of engine.cron, the commands of npx eramjs and docs/reference/operations.md follow from the table.
//
//   table/          the operations, and their list
//   operation.js    what an operation declares
//   kinds.js        the kinds of options
//   health.js       the checks of engine.health()
//   calls.js        how the arguments of a method become options
//   perform.js      runs an operation, and makes its answer presentable
//   methods.js      defines methods from the table; engine.jobs and engine.cron
//   job-actions.js  what may be done with a job, by its state
//   job-filter.js   reads ids and filters of jobs
//   columns.js      values of args and meta beside the jobs of a list
//   cron-entry.js   reads cron entries
//   histogram.js    reads the histograms of metrics
//   thread-counts.js counts threads for metrics
//   messages.js     engine.listen() and engine.notify()
//   wait.js         engine.waitFor() and engine.jobs.wait()
//   remote/         operations over HTTP, for eramjs/web

export { cronEntry } from './cron-entry.js'
export { KINDS } from './kinds.js'
export { receive } from './messages.js'
export { equip } from './methods.js'
export { perform } from './perform.js'
export { remoteBy, routesOf } from './remote/index.js'
export { operationNamed, operations } from './table/index.js'
