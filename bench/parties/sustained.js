// Jobs at a steady rate, however fast they are taken: each has its moment, and from that its wait is counted, also while it
// could not even be enqueued.

import { load } from '../contenders/index.js'
import { serve } from '../lib/child.js'
import { pause } from '../lib/database.js'

// What is still waiting so long after the last came has not been kept up with.
const GRACE = 2000

serve(async ({ contender: name, place, rate, seconds, flight }) => {
  const contender = await load(name)
  /** When each job came, by its number. @type {bigint[]} */
  let came = []
  /** @type {number[]} */
  let times = []
  let last = 0n
  let over = () => {}

  /** @param {number} n @param {bigint} began */
  function began(n, began) {
    const since = came[n]
    if (since === undefined) return
    times.push(Number(began - since) / 1e6)
    if (began > last) last = began
    if (times.length === came.length) over()
  }
  const working = await contender.work(place, { as: 'tuned', kind: 'timed', began })
  const enqueuer = await contender.enqueuer(place, { kind: 'timed', heard: true })

  /** @param {number} seconds */
  async function stream(seconds) {
    const jobs = Math.round(rate * seconds)
    const first = process.hrtime.bigint()
    came = []
    times = []
    last = first
    let sent = 0
    let flying = 0
    /** @type {unknown} */
    let failed

    function send() {
      while (flying < flight && sent < came.length) {
        flying += 1
        enqueuer.one({ n: sent++ }).then(
          () => {
            flying -= 1
            send()
          },
          (error) => {
            failed ??= error
          },
        )
      }
    }
    while (came.length < jobs) {
      const now = process.hrtime.bigint()
      const due = Math.min(jobs, Math.floor((Number(now - first) / 1e9) * rate) + 1)
      while (came.length < due) came.push(now)
      send()
      if (failed) throw failed
      await pause(1)
    }
    await Promise.race([
      new Promise((resolve) => {
        over = () => resolve(undefined)
        if (times.length === jobs) over()
      }),
      pause(GRACE),
    ])
    const ms = Math.max(Number(last - first) / 1e6, seconds * 1000)
    const done = times
    // What is late now counts no more.
    came = []
    return { times: done, ms }
  }

  await stream(0.5)
  return {
    run: () => stream(seconds),
    async close() {
      await enqueuer.close()
      await working.stop()
    },
  }
})
