// clock: this machine's clock next to the database's.

/** @import { Check } from '../check.js' */

/** Seconds. */
const WARN = 1
const FAIL = 5

/** @type {Check} */
export const clock = {
  id: 'clock',
  looks: "this machine's clock next to the database's",
  anywhere: true,
  async run({ schema }) {
    const before = Date.now()
    const [answer] = await schema.perform('schema.inspect', { statements: [`SELECT extract(epoch FROM clock_timestamp()) * 1000 AS ms`] })
    const after = Date.now()
    // The database's time lies between both, except for a difference of the clocks.
    const { ms } = answer.rows[0]
    const seconds = Math.max(before - ms, ms - after, 0) / 1000
    if (seconds < WARN) return []
    return [
      {
        level: seconds < FAIL ? 'warn' : 'fail',
        saw: `the clocks differ by at least ${seconds.toFixed(1)} s`,
        why: 'Due times that your code computes are off by as much, and so are cron ticks.',
        fix: 'Synchronize the clocks with NTP.',
      },
    ]
  },
}
