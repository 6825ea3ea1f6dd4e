// npm test [-- <file, folder or part of a name> …] [-- <option of node --test> …]: sets the checkout up and runs every check
// there is, or only those test files. One database serves them all; without DATABASE_URL, one is made for the run.
import { parseArgs } from 'node:util'
import { interruptedCode } from './command.js'
import { withDatabase } from './database.js'
import { Failure, main } from './main.js'
import { bold, heading, seconds } from './say.js'
import { setup } from './setup/index.js'
import { javascript, lint, rust } from './test/sections.js'

/** In the order in which they run; the summary of node:test comes last. */
const SECTIONS = { lint, rust, js: javascript }
/** @typedef {keyof typeof SECTIONS} Name */

await main(async () => {
  const argv = process.argv.slice(2)
  const end = argv.includes('--') ? argv.indexOf('--') : argv.length
  const { values, positionals: filters } = parseArgs({
    args: argv.slice(0, end),
    options: { only: { type: 'string' } },
    allowPositionals: true,
  })
  const flags = argv.slice(end + 1)
  const names = /** @type {Name[]} */ (filters.length + flags.length > 0 ? ['js'] : values.only ? [values.only] : Object.keys(SECTIONS))
  for (const name of names) {
    if (!(name in SECTIONS)) throw new Failure(`--only: expected one of ${Object.keys(SECTIONS).join(', ')}, got "${name}"`)
  }
  heading('Set-up')
  // Cargo builds what Rust's own tests need.
  await setup(names.every((name) => name === 'rust') ? { only: 'dependencies' } : { tests: true })
  const needsDatabase = names.includes('rust') || names.includes('js')
  return needsDatabase
    ? withDatabase((url) => check(names, { filters, flags, env: { DATABASE_URL: url } }))
    : check(names, { filters, flags, env: {} })
})

/**
 * @param {Name[]} names
 * @param {import('./test/sections.js').Given} given
 */
async function check(names, given) {
  /** @type {string[]} */
  const passed = []
  /** @type {string[]} */
  const failed = []
  for (const name of names) {
    const { title, steps } = await SECTIONS[name](given)
    heading(title)
    for (const step of steps) {
      const began = performance.now()
      const code = await step.run()
      // Nobody wants to hear how the rest did.
      if (interruptedCode()) throw new Failure(`Interrupted in: ${step.name}`)
      if (code !== 0) console.log(`✖ ${step.name}: failed (exit code ${code})`)
      else if (!step.isLoud) console.log(`✔ ${step.name} (${seconds(began)})`)
      const list = code === 0 ? passed : failed
      list.push(step.name)
    }
  }
  const [verdict, list] = failed.length > 0 ? ['FAILED', failed] : ['PASSED', passed]
  console.log(`\n${bold(`${verdict}: ${list.join(', ')}`)} (${seconds(0)})`)
  return failed.length
}
