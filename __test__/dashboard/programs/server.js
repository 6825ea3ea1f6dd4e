// The dashboard in a process of its own, which tells its parent how many streams are open, and what it has in memory once the
// garbage is collected.
import { createServer } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { EramEngine } from '../../../index.js'
import { createWeb } from '../../../integrations/web/index.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

const engine = await EramEngine.start({ ...JSON.parse(process.argv[2] ?? ''), logger: false })
const web = createWeb(engine, { access: 'all' })
let [streams, most] = [0, 0]
const server = createServer((request, response) => {
  if (request.url?.includes('/api/v1/events')) {
    streams += 1
    most = Math.max(most, streams)
    response.once('close', () => {
      streams -= 1
    })
  }
  web.node(request, response)
})
server.listen(0, '127.0.0.1', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  process.send?.({ url: `http://127.0.0.1:${port}` })
})

process.on('message', () => {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  process.send?.({ streams, most, bytes: heapUsed + external })
})
process.once('disconnect', () => process.exit())
