// npm run build [-- --dev | --publishing]: builds addon and bundle even if nothing changed. For `npm pack`, only if something did.
import { parseArgs } from 'node:util'
import { main } from './main.js'
import { setup } from './setup/index.js'

await main(async () => {
  const { values } = parseArgs({ options: { dev: { type: 'boolean' }, publishing: { type: 'boolean' } } })
  const isPacking = process.env.npm_lifecycle_event === 'prepack'
  await setup({ profile: values.publishing ? 'publishing' : values.dev ? 'dev' : 'release', force: !isPacking })
})
