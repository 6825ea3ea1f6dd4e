// An engine with six classes whose outcomes their arguments name. Its parent tells it when to stop.
import { CancelJob, EramEngine, EramJob, SnoozeJob } from '../../../index.js'

class Outcome extends EramJob {
  /** @param {{ outcome: string }} args */
  async perform({ outcome }) {
    if (outcome === 'cancelled') throw new CancelJob('not wanted')
    if (outcome === 'snoozed') throw new SnoozeJob(86_400)
    if (outcome !== 'success') throw new Error(outcome)
  }
}

for (const name of ['A', 'B', 'C', 'D', 'E', 'F']) {
  class Own extends Outcome {}
  Own.register({ name, backoff: { base: 86_400 } })
}

const engine = await EramEngine.start({ ...JSON.parse(process.argv[2] ?? ''), logger: false })
process.once('message', async () => {
  await engine.stop()
  process.exit(0)
})
process.once('disconnect', () => process.exit(1))
process.send?.('ready')
