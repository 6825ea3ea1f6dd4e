// The entry eramjs/testing: what tests of an application assert about its jobs, and run of them. Its types and its documentation are
// in testing.d.ts.

export {
  allEnqueued,
  assertEnqueued,
  assertNoLeaks,
  drain,
  fake,
  matchers,
  performJob,
  refuteEnqueued,
  startTestEngine,
  useTestEngine,
  waitFor,
  withTestEngine,
  withTestingMode,
} from './lib/testing/index.js'
