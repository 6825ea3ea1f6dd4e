// Table of contents of job/, the job classes of this isolate.
//
//   registry.js       which classes are registered, by class, name and alias
//   class-loader.js   finds the class that performs a worker's jobs, in memory or in its file
//   outcomes.js       what a job throws or returns to choose its outcome: CancelJob, DiscardJob, SnoozeJob, RetryJob

export { known, load, registrations } from './class-loader.js'
export { CancelJob, DiscardJob, outcomeOf, RetryJob, SnoozeJob } from './outcomes.js'
export { jobOptions, register, registered } from './registry.js'
