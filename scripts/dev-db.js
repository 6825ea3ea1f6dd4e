// npm run dev:db [-- --port 5433]: a PostgreSQL server until Ctrl-C.
import { parseArgs } from 'node:util'
import { interruption } from './command.js'
import { Failure, log, main } from './main.js'
import { startPostgres } from './postgres.js'
import { setup } from './setup/index.js'

await main(async () => {
  const { values } = parseArgs({ options: { port: { type: 'string' } } })
  const port = values.port === undefined ? undefined : Number(values.port)
  if (port !== undefined && !(Number.isInteger(port) && port > 0 && port < 65_536)) {
    throw new Failure(`dev:db --port: expected a port number, got ${JSON.stringify(values.port)}`)
  }
  await setup({ only: 'dependencies' })
  const postgres = await startPostgres({ port, log: (line) => log('database', line) })
  console.log(`\nexport DATABASE_URL=${postgres.url}\n`)
  log('database', 'Ctrl-C removes it with all its data')
  const alive = setInterval(() => {}, 1 << 30)
  await interruption
  clearInterval(alive)
  await postgres.stop()
})
