// What a process takes while it is idle, and whether it takes more the more jobs it has done.
import { Runner } from '../lib/runner.js'
import { clear } from '../lib/stores.js'

/** @import { Workload } from './index.js' */

const IDLE = 'idle, one queue'
const WORKED = 'after all jobs'

/** @type {Workload} */
export const memory = {
  about: 'resident memory of a process: with the library, with an idle engine, and after many jobs',
  seconds: 60,
  options: {
    runs: { value: 1, about: 'of each engine, in turns' },
    jobs: { value: 1_000_000, about: 'how many, in ten parts' },
    idle: { value: 3, about: 'seconds after the start until the first look' },
  },
  goals: () => [
    { what: 'an idle engine: less than 15 MiB over bare Node', of: IDLE, key: 'over', most: 15 },
    { what: 'growth over a million jobs below 10 MiB', of: WORKED, key: 'growth', most: 10 },
  ],

  turns({ target, client, options: { jobs, idle } }) {
    const turn = (/** @type {string} */ name, /** @type {Record<string, number>} */ queues, jobs = 0) => ({
      row: { name },
      async measure() {
        await clear(client)
        const runner = await Runner.prepare('memory', { target, idle, queues, jobs })
        const { cpu, lag, ...figures } = await runner.run()
        await runner.stop()
        return figures
      },
    })
    return [turn('idle, enqueues only', {}), turn(IDLE, { default: 10 }), turn(WORKED, { default: 100 }, jobs)]
  },
}
