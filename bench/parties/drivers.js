// One library: in a transaction of it, three statements in turns, each awaited. No engine runs here.

import { Noop } from '../jobs.js'
import { serve } from '../lib/child.js'
import { median } from '../lib/stats.js'

const SUBJECTS = new URL('../../__test__/libraries/adapters/index.js', import.meta.url)

serve(async ({ place, library, jobs }) => {
  const { libraries } = await import(SUBJECTS.href)
  const [[name, open] = []] = Object.entries(await libraries[library]())
  if (!name) return { run: async () => ({}), close: async () => {} }
  const subject = await open(place)
  const args = { n: 1, text: 'x'.repeat(80) }
  const draft = JSON.stringify({ worker: 'Noop', args })
  const own = `select "${place.prefix}".eram_enqueue($1) as eram`

  /** @param {number} count */
  async function measure(count) {
    /** @type {Record<'bare' | 'statement' | 'enqueue', number[]>} */
    const times = { bare: [], statement: [], enqueue: [] }
    await subject.transaction(async (/** @type {any} */ tx) => {
      const ways = {
        bare: () => subject.statement(tx, 'select $1::text as answer', [draft]),
        statement: () => subject.statement(tx, own, [draft]),
        enqueue: () => Noop.enqueue(args, { tx, prefix: place.prefix }),
      }
      for (let i = 0; i < count; i++) {
        for (const way of /** @type {(keyof typeof ways)[]} */ (Object.keys(ways))) {
          const began = performance.now()
          await ways[way]()
          times[way].push((performance.now() - began) * 1000)
        }
      }
    })
    return { bare: median(times.bare), statement: median(times.statement), enqueue: median(times.enqueue) }
  }

  await measure(Math.ceil(jobs / 5))
  return { run: async () => ({ name, ...(await measure(jobs)) }), close: () => subject.close() }
})
