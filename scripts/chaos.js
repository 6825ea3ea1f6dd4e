// npm run test:chaos: sets up the checkout and runs the chaos test at full length; CHAOS_SECONDS, CHAOS_JOBS and CHAOS_SEED change it.
import { run } from './command.js'
import { main } from './main.js'
import { setup } from './setup/index.js'

await main(async () => {
  await setup()
  const { CHAOS_SECONDS = '180', CHAOS_JOBS = '30000' } = process.env
  return run(process.execPath, ['--test', '--test-reporter=spec', '__test__/chaos/chaos.test.js'], { env: { CHAOS_SECONDS, CHAOS_JOBS } })
})
