// Table of contents of perform/, the execution of jobs in one isolate.
//
//   slot.js              attaches the isolate to a queue of the engine: outcomes in, jobs out
//   runner.js            calls perform
//   instance.js          the instance that the application makes for an attempt
//   columns.js           names and positions of the columns of a job, as the engine hands it over
//   row.js               the job of a row, as events and ctx.job show it, and the row of a job
//   context.js           ctx, the second argument of perform
//   attempt-log.js       the lines of ctx.log that are stored with an attempt
//   profile.js           takes a CPU profile of an attempt
//   progress.js          throttles ctx.progress()
//   call.js              calls perform, through middleware
//   observe.js           attempts that middleware observes
//   settle.js            turns what perform returned or threw into an outcome
//   detail.js            the JSON text of an outcome
//   outcome-buffer.js    buffers outcomes until the engine takes them
//   meter.js             measures what attempts use
//   error-report.js      which errors of attempts are reported to onError
//   hooks.js             the after… methods of job classes
//   transactional.js     jobs that run in a transaction of the driver
//   adopted-process.js   processes that jobs adopt, ctx.adopt()
//   services.js          classes, driver and enqueue for the jobs of an isolate

export { Meter } from './meter.js'
export { rowFrom } from './row.js'
export { Runner } from './runner.js'
export { JobServices, startServices } from './services.js'
export { Slot } from './slot.js'
