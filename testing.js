// The entry eramjs/testing: what tests of an application assert about its jobs, and run of them. Its types and its documentation are
// in testing.d.ts.

export {
  allEnqueued,
  assertEnqueued,
  drain,
  refuteEnqueued,
  startTestEngine,
  useTestEngine,
  waitFor,
  withTestEngine,
  withTestingMode,
} from './lib/testing/index.js'
