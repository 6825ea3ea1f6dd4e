// A process above max_rss: the thread that holds most memory is ended, also one that is blocked and cannot report its memory.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/database.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'

const MIB = 2 ** 20
const queues = { thread: 5, other: 5, main: 1 }

/** What this process has, and some more. @param {number} more MiB */
const above = (more) => Math.ceil(process.memoryUsage.rss() / MIB) + more

describe('above max_rss', () => {
  // Before anything else has made this process large.
  test('an error is logged and no thread is ended when the memory is not theirs', () =>
    withEngine({ queues, max_rss: above(150), logger: false }, async ({ runToCompletion, recordEvents }) => {
      const logs = recordEvents('engine:log')
      const exits = recordEvents('thread:exit')
      // There is a thread, and it is idle.
      assert.equal((await runToCompletion(ThreadJob, { action: 'return', value: 1 })).result, 1)
      const kept = Array.from({ length: 4 }, () => Buffer.alloc(50 * MIB, 1))
      await until(() =>
        assert.deepEqual(
          logs
            .filter(({ message }) => message.startsWith('memory: '))
            .map(({ level, message }) => [level, /^memory: \d+ MiB of memory in use, max_rss is \d+ MiB, and no job thread/.test(message)]),
          [['error', true]],
        ),
      )
      assert.equal(kept.length, 4)
      assert.deepEqual(exits, [])
    }))

  for (const action of ['buffers', 'hoard']) {
    test(`the thread that holds most is ended: ${action}`, () =>
      withEngine({ queues, max_rss: above(400), logger: false }, async ({ waitForState, runToCompletion, recordEvents }) => {
        const exits = recordEvents('thread:exit')
        const starts = recordEvents('thread:start')
        const neighbour = await enqueue(ThreadJob, { action: 'sleep', ms: 6000 }, { queue: 'other' })
        const modest = await enqueue(ThreadJob, { action: 'buffers', mib: 60, chunk: 10 }, { queue: 'other', max_attempts: 1 })
        await waitForState(neighbour, 'executing')
        await waitForState(modest, 'executing')
        const row = await runToCompletion(ThreadJob, { action, mib: 1000, chunk: 25 }, { max_attempts: 1 })
        assert.equal(row.state, 'discarded')
        const [{ kind, name, code, message }] = row.errors
        assert.deepEqual([kind, name, code], ['crash', 'ThreadCrash', 'MAX_RSS'])
        assert.match(
          message,
          /^the job thread of queue "thread" was terminated because it holds about \d+ MiB: \d+ MiB of memory in use, max_rss is \d+ MiB$/,
        )
        assert.deepEqual(
          exits.map(({ queue, cause, code, expected }) => [queue, cause, code, expected]),
          [['thread', 'memory', 'MAX_RSS', false]],
        )
        assert.equal((await runToCompletion(ThreadJob, { action: 'return', value: 'goes on' })).result, 'goes on')
        assert.ok(starts.some(({ queue }) => queue === 'thread'))
        const untouched = await waitForState(neighbour, 'completed')
        assert.deepEqual([untouched.attempt, untouched.meta.interrupted], [1, undefined])
        assert.equal(exits.length, 1)
      }))
  }
})
