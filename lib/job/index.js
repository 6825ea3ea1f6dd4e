// Table of contents of job/, the job classes of this isolate, and drafts of their jobs.
//
//   registry.js    which classes are registered, by class, name and alias, and the names of workers
//   same-class.js  whether two classes of one name are one
//   draft.js       reads a call and builds the JSON of a draft
//   outcomes.js    what a job throws or returns to choose its outcome: CancelJob, DiscardJob, SnoozeJob, RetryJob

export { build, newDraft, readCall, readDrafts, readTarget, stamped } from './draft.js'
export { CancelJob, DiscardJob, outcomeOf, RetryJob, SnoozeJob } from './outcomes.js'
export { checkAll, findWorker, register, registered } from './registry.js'
export { performs } from './same-class.js'
