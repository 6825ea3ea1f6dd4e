// npm run format: formats Rust and JavaScript, and applies the linter's own fixes.
import path from 'node:path'
import { ROOT, run } from './command.js'
import { main } from './main.js'
import { setup } from './setup/index.js'

await main(async () => {
  await setup({ only: 'dependencies' })
  const biome = path.join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  return (await run('cargo', ['fmt'])) + (await run(process.execPath, [biome, 'check', '--write']))
})
