// eramjs/jobs: jobs of one handler, by type, on the engine. The table of contents.
//
//   jobs.js        Jobs: create, start, stop, listen, find
//   shapes.js      jobs and attempts as this API shows them
//   database.js    statements through a Pool or Client of pg, and where it connects
//   constants.js   the words for states and strategies

export { defineJob } from 'eramjs'
export { ATTEMPT_STATUS, BACKOFF_STRATEGY, JOB_STATUS } from './constants.js'
export { Jobs } from './jobs.js'
