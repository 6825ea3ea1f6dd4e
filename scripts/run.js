// node scripts/run.js <file.js> [argument …]: sets the checkout up and runs a program of it with a database.
import { run } from './command.js'
import { withDatabase } from './database.js'
import { Failure, main } from './main.js'
import { setup } from './setup/index.js'

await main(async () => {
  const [file, ...args] = process.argv.slice(2)
  if (!file) throw new Failure('run: expected a JavaScript file, got none; node scripts/run.js <file.js> [argument …]')
  await setup({ benchmarks: file.startsWith('bench/') })
  return withDatabase((url) => run(process.execPath, [file, ...args], { env: { DATABASE_URL: url }, stdin: 'inherit' }))
})
