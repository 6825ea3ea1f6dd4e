// node scripts/run.js [<file.js> [argument …]]: sets up the checkout and runs a program of it with a database; without one, only
// sets up.
import { run } from './command.js'
import { main } from './main.js'
import { withDatabase } from './postgres.js'
import { setup } from './setup/index.js'

await main(async () => {
  const [file, ...args] = process.argv.slice(2)
  await setup({ packages: file?.startsWith('bench/') ? ['bench'] : [] })
  if (!file) return
  return withDatabase((url) => run(process.execPath, [file, ...args], { env: { DATABASE_URL: url }, stdin: 'inherit' }))
})
