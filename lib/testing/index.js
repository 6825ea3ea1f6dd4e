// Table of contents of testing/, the entry eramjs/testing: what tests of an application assert about its jobs, and run of them.
//
//   engine.js    an engine in a schema of its own, for a test file
//   hooks.js     starts and stops one with the hooks of a test runner
//   source.js    where the kit looks: a transaction, or an engine
//   expected.js  the job that an assertion expects
//   match.js     whether a value is the expected one, and where it differs
//   assert.js    assertEnqueued, refuteEnqueued, allEnqueued
//   wait.js      waits for a state of a job
//   attempt.js   performs one job in this isolate
//   judge.js     what an outcome means for a job
//   savepoint.js  a part of a transaction that may fail
//   drain.js     runs what can run, also in an open transaction
//   drain-live.js  … with an engine that runs its queues
//   drain-options.js  what to run, and counts
//   inline.js    performs jobs in the call that enqueues them
//   scope.js     what becomes of the enqueues of the calling code
//   modes.js     withTestingMode
//   matchers.js  for expect() of jest and vitest
//   leaks.js     what a test has left behind
//   memory/      without a database: performJob, fake, and the rules that they need in JavaScript
//   clock.js     moves the clock of a test schema

export { allEnqueued, assertEnqueued, refuteEnqueued } from './assert.js'
export { drain } from './drain.js'
export { startTestEngine, withTestEngine } from './engine.js'
export { useTestEngine } from './hooks.js'
export { assertNoLeaks } from './leaks.js'
export { matchers } from './matchers.js'
export { fake } from './memory/fake.js'
export { performJob } from './memory/perform.js'
export { withTestingMode } from './modes.js'
export { waitFor } from './wait.js'
