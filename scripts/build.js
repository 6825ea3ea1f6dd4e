// npm run build [-- --dev | --dist]: builds addon and bundle although nothing changed; for `npm pack`, as they are published.
import { parseArgs } from 'node:util'
import { main } from './main.js'
import { setup } from './setup/index.js'

await main(async () => {
  const { values } = parseArgs({ options: { dev: { type: 'boolean' }, dist: { type: 'boolean' } } })
  const isPublished = values.dist || process.env.npm_lifecycle_event === 'prepack'
  await setup({ profile: isPublished ? 'dist' : values.dev ? 'dev' : 'release', force: !isPublished })
})
