// One node of a cluster. `prepared`: it has done some jobs before the clock starts, and is paused until then. `port`: it answers
// probes there; `observed`: the same, and it listens to all events; `web`: it serves the dashboard there.
import { EramEngine } from '../../index.js'
import { serve as serveHttp } from '../../integrations/http/index.js'
import { serve as serveWeb } from '../../integrations/web/index.js'
import { Noop } from '../jobs.js'
import { serve } from '../lib/runner.js'

const WARM_UP = 500

serve(async ({ target, options: { observed, port = observed, web, ...options } = {}, prepared }) => {
  const engine = await EramEngine.start({ ...target, queues: { default: { limit: 100 } }, logger: false, ...options })
  if (observed !== undefined) engine.on('*', () => {})
  if (port !== undefined) await serveHttp(engine, { port })
  if (web !== undefined) await serveWeb(engine, { port: web, access: 'all' })
  if (prepared) {
    // Nodes that were started before have paused it on all nodes.
    await engine.resume('default')
    await EramEngine.enqueueAll(Array.from({ length: WARM_UP }, () => Noop.new({})))
    await engine.drain('default')
    await engine.pause('default')
  }
  return {
    async run(stopped) {
      if (prepared) await engine.resume('default')
      await stopped
    },
    close: () => engine.stop(prepared ? {} : { grace: 0 }),
  }
})
