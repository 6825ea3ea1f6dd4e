// npm run setup: makes the checkout ready to run.
import { main } from './main.js'
import { setup } from './setup/index.js'

await main(() => setup())
