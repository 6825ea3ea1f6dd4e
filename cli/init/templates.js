// The files that init writes: a config, a job class, and its test.

/** @import { Project } from './project.js' */

/** The name of the config file. @param {Project} project */
export const configName = ({ typescript }) => `eram.config.${typescript ? 'ts' : 'js'}`

/** The ending of sources. @param {Project} project */
const ending = ({ typescript }) => (typescript ? 'ts' : 'js')

/** @param {Project} project @returns {Record<string, string>} texts by path */
export function filesOf(project) {
  const { source } = project
  return {
    [project.config ?? configName(project)]: config(project),
    [`${source}jobs/hello.${ending(project)}`]: job(project),
    [`test/hello.test.${ending(project)}`]: test(project),
  }
}

/** @param {Project} project */
function config(project) {
  const { source, library } = project
  const driver = library === null ? '' : DRIVERS[library]
  const note =
    library === null || driver ? '' : `  // For jobs with \`transaction: true\`: driver, see docs/drivers/${library}.md of eramjs.\n`
  const body = `{
  jobs: ['${source}jobs/**/*.${ending(project)}'], // the files that register job classes
  queues: { default: 10 }, // up to 10 jobs at once in each process
${driver ? `  driver: ${driver}, // for jobs with \`transaction: true\`\n` : note}}`
  const whole = driver ? `(({ env }) => (${body}))` : `(${body})`
  return `// What npx eramjs dev, worker and the other commands read.\n${imported(project, ['defineConfig'], 'eramjs')}\n${exported(project, `defineConfig${whole}`)}\n`
}

/** Drivers that need nothing but the connection string. @type {Record<string, string>} */
const DRIVERS = {
  pg: `{ type: 'pg', config: { connectionString: env.DATABASE_URL } }`,
  postgres: `{ type: 'postgres', config: { url: env.DATABASE_URL ?? '' } }`,
}

/** @param {Project} project */
function job(project) {
  const { esm, typescript } = project
  const filename = esm ? 'import.meta.filename' : '__filename'
  const head = typescript
    ? `import { EramJob, type JobContext } from 'eramjs'\n\nexport class HelloJob extends EramJob {`
    : `${imported(project, ['EramJob'], 'eramjs')}\n${esm ? 'export ' : ''}class HelloJob extends EramJob {`
  const signature = typescript
    ? '  async perform(args: { name: string }, ctx: JobContext) {'
    : '  /** @param {{ name: string }} args @param {import("eramjs").JobContext} ctx */\n  async perform(args, ctx) {'.replaceAll('"', "'")
  return `${head}
  static {
    this.register({ filename: ${filename}, queue: 'default', max_attempts: 5 })
  }

${signature}
    ctx.log.info(\`hello, \${args.name}\`)
    return { greeted: args.name } // stored as the job's result
  }
}
${esm || typescript ? '' : '\nmodule.exports = { HelloJob }\n'}`
}

/** @param {Project} project */
function test(project) {
  const { runner, source } = project
  const isGlobal = runner === 'jest'
  const expectation = runner === 'vitest' || isGlobal ? `expect(job.state).toBe('completed')` : `assert.equal(job.state, 'completed')`
  const define = runner === 'mocha' ? 'it' : 'test'
  const heads = {
    vitest: [imported(project, ['expect', 'test'], 'vitest')],
    jest: [],
    mocha: [whole(project, 'assert', 'node:assert/strict')],
    node: [whole(project, 'assert', 'node:assert/strict'), imported(project, ['test'], 'node:test')],
  }
  return `${[...heads[runner], imported(project, ['withTestingMode'], 'eramjs/testing'), imported(project, ['HelloJob'], `../${source}jobs/hello${suffix(project)}`)].join('')}
${define}('HelloJob greets', async () => {
  // The job is performed in the call that enqueues it; no database is needed.
  const job = await withTestingMode('inline', () => HelloJob.enqueue({ name: 'Ada' }))
  ${expectation}
})
`
}

/** The ending of an import of a source. @param {Project} project */
function suffix({ typescript, esm, ts_imports }) {
  if (!typescript) return '.js'
  return ts_imports ? '.ts' : esm ? '.js' : ''
}

/** @param {Project} project @param {string[]} names @param {string} from */
function imported({ esm, typescript }, names, from) {
  return esm || typescript ? `import { ${names.join(', ')} } from '${from}'\n` : `const { ${names.join(', ')} } = require('${from}')\n`
}

/** @param {Project} project @param {string} name @param {string} from */
function whole({ esm, typescript }, name, from) {
  if (esm) return `import ${name} from '${from}'\n`
  return typescript ? `import * as ${name} from '${from}'\n` : `const ${name} = require('${from}')\n`
}

/** @param {Project} project @param {string} value */
function exported({ esm, typescript }, value) {
  return esm || typescript ? `export default ${value}` : `module.exports = ${value}`
}
