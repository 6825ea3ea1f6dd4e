// The process between the one that wants a database and PostgreSQL. It lives to see the end of either: when whoever
// started it is gone, for whatever reason, SIGKILL included, it takes the server down and removes its folder.
import { Cluster } from './cluster.js'

/** @type {Cluster | undefined} */
let cluster
/** @type {Promise<void> | undefined} */
let finishing

/** @type {Record<string, (argument: any) => unknown>} */
const calls = {
  async create(options) {
    cluster = new Cluster(options)
    await cluster.create()
  },
  up: () => cluster?.up(),
  down: (mode) => cluster?.down(mode),
  signal: (name) => cluster?.signal(name),
  pids: () => cluster?.pids(),
  stop: () => finish(),
}

function finish() {
  finishing ??= (cluster?.remove() ?? Promise.resolve()).catch(console.error).finally(() => {
    if (process.connected) process.disconnect()
    process.exit()
  })
  return finishing
}

process.on('message', async (/** @type {{ id: number, call: string, argument: unknown }} */ { id, call, argument }) => {
  /** @param {object} answer */
  const answer = (answer) => process.connected && process.send?.({ id, facts: cluster?.facts(), ...answer })
  try {
    answer({ result: await calls[call]?.(argument) })
  } catch (error) {
    answer({ error: error instanceof Error ? error.message : String(error) })
  }
})
process.on('disconnect', finish)
process.on('SIGTERM', finish)
// Not for us: our parent hears them too, and may still need the database on its way out.
for (const name of ['SIGINT', 'SIGHUP']) process.on(name, () => {})
