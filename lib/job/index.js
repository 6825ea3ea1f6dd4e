// Table of contents of job/, the job classes of this isolate.
//
//   registry.js       which classes are registered, by class, name and alias
//   worker-name.js    the name of a worker, unless a build tool has changed that of its class
//   origin.js         where a class was registered
//   same-class.js     whether two classes of one name are one
//   construction.js   whether an instance can be made without arguments
//   class-loader.js   finds the class that performs a worker's jobs, in memory or in its file
//   job-file.js       what the file of a class must not do while it is imported: start an engine, enqueue
//   outcomes.js       what a job throws or returns to choose its outcome: CancelJob, DiscardJob, SnoozeJob, RetryJob

export { known, load, registrations } from './class-loader.js'
export { checkConstructor } from './construction.js'
export { checkEnqueue, refusedStart } from './job-file.js'
export { CancelJob, DiscardJob, outcomeOf, RetryJob, SnoozeJob } from './outcomes.js'
export { findWorker, register, registered } from './registry.js'
export { performs } from './same-class.js'
