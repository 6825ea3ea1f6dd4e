// An application with plugins, which tells its parent what happens in its engine. SIGTERM stops it.
import { EramEngine } from '../../../index.js'

class Led {
  static interval = '1 hour'

  /** @param {import('../../../index.js').PluginContext} ctx */
  tick({ leading }) {
    process.send?.({ event: 'tick', leading })
  }
}

class Each {
  static on = /** @type {const} */ ('node')
  static interval = 50

  tick() {}
}

const options = JSON.parse(process.argv[2] ?? '')
const engine = await EramEngine.start({ ...options, plugins: [Led, Each], logger: false, signals: true })
engine.on('*', (event) => process.send?.(event))
process.once('disconnect', () => process.exit())
process.channel?.unref()
process.send?.({ event: 'ready' })
