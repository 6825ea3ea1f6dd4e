// A queue that relies on notifications learns of a job from the commit.
import assert from 'node:assert/strict'
import { EramEngine } from '../../../index.js'
import { ClockJob } from '../../crash/programs/clock.js'
import { createHarness } from '../fixtures/engine.js'
import { waitForSentinel } from '../sentinel.js'

/** @typedef {import('../transactions.js').Scenario} Scenario */

const ROUNDS = 5
/** No test waits for a queue that polls this rarely. */
const HOUR = 3_600_000

/** @param {Scenario} scenario */
export function wakes(scenario) {
  scenario('a job begins after the commit and is not left to a poll', async ({ transaction }, schema, prefix) => {
    const engine = await EramEngine.start({ url: schema.url, ...prefix, queues: { clock: 20 }, poll_interval: HOUR })
    try {
      const { waitForState } = createHarness(engine, schema)
      /** @param {object} [options] */
      const enqueue = async (options) => Number((await ClockJob.enqueue({}, options)).id)
      // The thread is there, and its file is loaded.
      await waitForState(await enqueue(), 'completed')
      for (let round = 0; round < ROUNDS; round++) {
        await waitForSentinel(schema, 'clock')
        let [id, asked] = [0, 0]
        await transaction(async (tx) => {
          id = await enqueue({ tx, ...prefix })
          if (round === 0) {
            // A later job of the same queue comes and goes; this one cannot be seen yet.
            await waitForState(await enqueue(), 'completed')
            assert.deepEqual(await schema.rows('SELECT FROM eram_jobs WHERE id = $1', [id]), [])
          }
          asked = Date.now()
        })
        const { result: began } = await waitForState(id, 'completed')
        assert.ok(began >= asked, `it began ${asked - began} ms before the end of the callback`)
      }
    } finally {
      await engine.stop({ grace: 0 })
    }
  })
}
