// Table of contents of producer/, the entry eramjs/enqueue: enqueues without the addon, where none can run. Plain JavaScript, without
// modules of Node. Drafts, and the errors about them, are those of the engine: src/model/draft/ has the rules, this folder repeats
// them, and __test__/support/fixtures/drafts.json holds both to the same answers.
//
//   enqueue.js     enqueue() and statement()
//   define-job.js  job classes by name
//   draft.js       builds the JSON of a draft
//   options.js     reads the options of a job
//   unique.js      … unique
//   due.js         … schedule_in, scheduled_at, state and notify
//   duration.js    … durations
//   instant.js     … times
//   read.js        reads values, and refuses what does not fit with its path
//   words.js       suggests the known word that was meant
//   show.js        values in messages

export { defineJob } from './define-job.js'
export { classOptions, draftHead, draftText } from './draft.js'
export { durationOf } from './duration.js'
export { enqueue, statement } from './enqueue.js'
export { backoffOf } from './options.js'
