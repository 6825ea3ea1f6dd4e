// What an engine that slept adds to the first job: from the COMMIT of an insert elsewhere to the start of perform.
import { Runner } from '../lib/runner.js'

/** @type {Workload} */
export const sleep = {
  about: 'the first job after the engine slept, by an insert elsewhere',
  seconds: 120,
  options: {
    runs: { value: 1, about: 'of the whole' },
    sleeps: { value: 5, about: 'how often it sleeps and is woken' },
  },
  goals: () => [
    { what: 'a job begins within 100 ms', of: 'asleep', key: 'p95', most: 100 },
    { what: 'no query while it sleeps', of: 'asleep', key: 'queries', most: 0 },
  ],

  turns: ({ target, options: { sleeps } }) => [
    {
      row: { name: 'asleep' },
      async measure() {
        const runner = await Runner.prepare('sleep', { target, sleeps })
        const { p50, p95, queries } = await runner.run()
        return { p50, p95, queries }
      },
    },
  ],
}

/** @import { Workload } from './index.js' */
