// What it costs to have the dashboard open: drains by a node that serves it, without and with a viewer in a process of its own.
import { drainedByNodes } from '../lib/measure.js'
import { freePort } from '../lib/ports.js'
import { clear, fill } from '../lib/stores.js'
import { view } from '../lib/viewer.js'

/** @import { Workload } from './index.js' */

const ALONE = 'without a viewer'
const VIEWED = 'with a viewer of the list of jobs'

/** @type {Workload} */
export const viewed = {
  about: 'drains while the dashboard is open in a browser, and while it is not',
  seconds: 30,
  options: {
    runs: { value: 5, about: 'of each, in turns' },
    jobs: { value: 400_000, about: 'to be done' },
  },
  ratios: { ratio: ALONE },
  goals: () => [{ what: 'at least 0.97 × without a viewer', of: VIEWED, key: 'ratio', least: 0.97 }],

  turns({ target, stores, client, run, options: { jobs } }) {
    const turn = (/** @type {string} */ name) => ({
      row: { name },
      async measure() {
        await clear(client)
        const port = await freePort()
        let leave = async () => {}
        const drained = drainedByNodes({
          target,
          stores,
          client,
          jobs,
          options: { web: port },
          async fill() {
            await fill(client, jobs)
            if (name === VIEWED) leave = await view(`http://127.0.0.1:${port}`)
          },
        })
        return drained.finally(() => leave())
      },
    })
    return (run % 2 === 1 ? [ALONE, VIEWED] : [VIEWED, ALONE]).map(turn)
  },
}
