// What importing eramjs loads, and when the addon is loaded: not before it is needed.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { finished, ROOT } from '../support/snippets.js'

const MOST_MODULES = 25
const ENTRY = JSON.stringify(pathToFileURL(path.join(ROOT, 'index.js')).href)
/** Prints whether the addon is among the libraries of the process. */
const SHOW = `const shown = () => console.log(process.report.getReport().sharedObjects.some((file) => file.endsWith('.node')))`

/** @type {string} */
let folder
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'eram-first-'))
})
after(() => rm(folder, { recursive: true }))

/** Runs a program; gives the lines that it prints. @param {string} code @param {string[]} [flags] */
async function printed(code, flags = []) {
  const file = path.join(folder, `${Math.random()}.mjs`)
  await writeFile(file, `import { defineJob, EramEngine, EramJob } from ${ENTRY}\n${SHOW}\n${code}`)
  const { code: exit, out } = await finished(process.execPath, [...flags, file])
  assert.equal(exit, 0, out)
  return out.trimEnd().split('\n')
}

test(`importing eramjs loads at most ${MOST_MODULES} modules`, async () => {
  const list = path.join(folder, 'modules.txt')
  const hooks = path.join(folder, 'hooks.mjs')
  const register = path.join(folder, 'register.mjs')
  await writeFile(
    hooks,
    `import { appendFileSync } from 'node:fs'
    export async function load(url, context, next) {
      if (url.startsWith(${JSON.stringify(pathToFileURL(ROOT).href)})) appendFileSync(${JSON.stringify(list)}, url + '\\n')
      return next(url, context)
    }`,
  )
  await writeFile(register, `import { register } from 'node:module'\nregister(${JSON.stringify(pathToFileURL(hooks).href)})`)
  await printed('shown()', ['--import', pathToFileURL(register).href])
  const modules = (await readFile(list, 'utf8')).trimEnd().split('\n')
  assert.ok(modules.length > 5 && modules.length <= MOST_MODULES, `${modules.length}:\n${modules.join('\n')}`)
})

test('neither importing eramjs nor registering classes loads the addon', async () => {
  const lines = await printed(`
    class Mail extends EramJob { static { this.register({ queue: 'mails', priority: 2 }) } perform() {} }
    defineJob('Call', { max_attempts: 3 }, () => {})
    Mail.onSuccess(() => {})
    shown()`)
  assert.deepEqual(lines, ['false'])
})

test('the first draft loads it', async () => {
  assert.deepEqual(await printed(`const Call = defineJob('Call', () => {}); shown(); Call.new(); shown()`), ['false', 'true'])
})

test('the name of an option is checked when its class is registered', async () => {
  const lines = await printed(
    `try { defineJob('Call', { quue: 'calls' }, () => {}) } catch (error) { console.log(error.code, error.message) }`,
  )
  assert.deepEqual(lines, ['ERAM_JOB Call: unknown option "quue", did you mean "queue"?'])
})

test('the value of an option is checked with the first use of its class, and each time', async () => {
  const lines = await printed(`
    const Call = defineJob('Call', { priority: 17 }, () => {})
    const Mail = defineJob('Mail', () => {})
    for (const use of [() => Call.new(), () => Mail.new().worker, () => Call.new(), () => defineJob('Third', { priority: -1 }, () => {})]) {
      try { console.log(use()) } catch (error) { console.log(error.code, error.message.split(':')[0]) }
    }`)
  assert.deepEqual(lines, ['ERAM_JOB Call.priority', 'Mail', 'ERAM_JOB Call.priority', 'ERAM_JOB Third.priority'])
})

test('a class with a wrong value refuses the start of an engine, before it connects', async () => {
  const lines = await printed(`
    defineJob('Call', { priority: 17 }, () => {})
    await EramEngine.start({ url: 'postgres://eram@127.0.0.1:1/none' }).catch((error) => console.log(error.code, error.message.split(':')[0]))`)
  assert.deepEqual(lines, ['ERAM_JOB Call.priority'])
})

test('what a call was given may change at once, also before anything is loaded', async () => {
  const lines = await printed(`
    const Call = defineJob('Call', () => {})
    const sent = []
    const tx = { query: async (sql, [text]) => { sent.push(JSON.parse(text)); return { rows: [{ eram: '[{"id":1,"state":"available"}]' }] } } }
    const args = { number: 1 }
    const first = Call.enqueue(args, { tx })
    args.number = 2
    await first
    console.log(sent[0].args.number)`)
  assert.deepEqual(lines, ['1'])
})
