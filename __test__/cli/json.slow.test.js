// --json and --help of every command: what is printed holds to docs/reference/command-line.schema.json, also when it is an error.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Ajv from 'ajv/dist/2020.js'
import { isConfigured, optionsOf } from '../../cli/main.js'
import { EramEngine, EramJob } from '../../index.js'
import { eramjs, running } from '../support/cli.js'
import { until, withSchema } from '../support/database.js'
import { folders } from '../support/folders.js'
import { files, read } from '../support/sources.js'

const SCHEMA = JSON.parse(read('docs/reference/command-line.schema.json'))
const COMMANDS = files('cli/commands', '.js')
  .map((file) => file.slice('cli/commands/'.length, -'.js'.length).replace('/', ' '))
  .filter((name) => !name.endsWith(' index'))
const folderWith = await folders(['eramjs'])

// Times are checked as texts.
const ajv = new Ajv.default({ strict: true, allowUnionTypes: true, formats: { 'date-time': /^\d{4}-\d\d-\d\dT[\d:.]+Z$/ } })
ajv.addSchema(SCHEMA, 'cli')

/** @param {string} pointer @param {unknown} value */
function assertValid(pointer, value) {
  const validate = ajv.getSchema(`cli#${pointer}`)
  assert.ok(validate, pointer)
  assert.ok(validate(value), `${pointer}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value, null, 2)}`)
}

/** @param {string} command @param {unknown} answer */
const assertAnswer = (command, answer) => assertValid(`/properties/${command.replaceAll(' ', '%20')}`, answer)

/** @param {string} command */
const moduleOf = (command) => import(`../../cli/commands/${command.replace(' ', '/')}.js`)

class MailJob extends EramJob {
  static {
    MailJob.register({ queue: 'mail' })
  }
  /** @param {{ fails?: boolean }} args */
  perform({ fails }) {
    if (fails) throw new Error('no')
  }
}

test('the schema has each command, and no other', () => {
  assert.deepEqual(Object.keys(SCHEMA.properties).sort(), [...COMMANDS].sort())
})

test('each command explains itself with --help, with all of its options', async () => {
  for (const command of COMMANDS) {
    const help = await eramjs([...command.split(' '), '--help'], { env: {} })
    assert.deepEqual([help.code, help.err], [0, ''], command)
    assert.ok(help.out.startsWith(`Usage: eramjs ${command} `), help.out)
    for (const option of Object.keys(optionsOf(await moduleOf(command)))) assert.match(help.out, new RegExp(`--${option}\\b`), command)
  }
})

test('each command prints a wrong option, and a database that is away, as an error', async () => {
  const operands = ['x', '1']
  for (const command of COMMANDS) {
    const module = await moduleOf(command)
    const wrong = await eramjs([...command.split(' '), '--no-such-option', '--json'], { env: {} })
    assert.equal(wrong.code, 2, command)
    const error = JSON.parse(wrong.out)
    assertValid('/$defs/error', error)
    assert.equal(error.error.code, 'USAGE')
    // Those that need no database, and health, whose finding it is.
    if (!isConfigured(module) || ['sql', 'grants', 'health'].includes(command)) continue
    const needed = module.operand || module.operands ? operands.slice(0, 1) : module.optional ? operands.slice(1) : []
    const given = { scale: ['--limit', '1'], 'jobs show': [], worker: ['--once'] }[command] ?? []
    const id = ['jobs show', 'jobs why', 'jobs wait', 'jobs profile'].includes(command)
      ? ['1']
      : command === 'worker'
        ? [`${import.meta.dirname}/../support/fixtures/one-shot.js`]
        : needed
    const away = await eramjs([...command.split(' '), ...id, ...given, '--json'], {
      env: { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' },
    })
    assert.equal(away.code, 2, `${command}: ${away.out}`)
    assertValid('/$defs/error', JSON.parse(away.out))
    assert.equal(JSON.parse(away.out).error.code, 'ERAM_UNAVAILABLE', command)
  }
})

test('what each command prints holds to the schema', async (t) =>
  withSchema(async ({ url, prefix, rows }) => {
    const engine = await EramEngine.start({
      url,
      prefix,
      isolation: 'main',
      logger: false,
      queues: { mail: 1 },
      cron: [['0 0 1 1 *', 'MailJob']],
      metrics: false,
    })
    t.after(() => engine.stop())
    const [name = ''] = (await rows('SELECT name FROM eram_crons')).map((row) => row.name)
    const folder = await folderWith()
    /** @type {Set<string>} */
    const checked = new Set()
    /** @param {string} command @param {string[]} args @param {number} [code] */
    async function answer(command, args = [], code = 0) {
      const own = isConfigured(await moduleOf(command)) ? ['--prefix', prefix] : []
      const result = await eramjs([...command.split(' '), ...args, ...own, '--json'], { env: { DATABASE_URL: url }, cwd: folder })
      assert.equal(result.code, code, `${command}: ${result.out}${result.err}`)
      const value = JSON.parse(result.out)
      if (value.error) assertValid('/$defs/error', value)
      else assertAnswer(command, value)
      checked.add(command)
      return value
    }
    const { job } = await answer('jobs enqueue', ['MailJob', '{"fails":true}', '--queue', 'mail', '--max-attempts', '1'])
    await engine.waitFor(job.id)
    await answer('jobs list')
    await answer('jobs list', ['--state', 'suspended'])
    await answer('jobs search', ['worker:MailJob'])
    await answer('jobs show', [String(job.id), '--attempts'])
    await answer('jobs show', ['999999'], 1)
    await answer('jobs why', [String(job.id)])
    await answer('jobs why', ['999999'], 1)
    await answer('jobs failures')
    await answer('attention')
    await answer('jobs wait', [String(job.id)], 1)
    await answer('jobs retry', ['--state', 'discarded', '--dry-run'])
    await answer('jobs retry', [String(job.id)])
    await answer('jobs profile', [String(job.id)])
    await answer('jobs profile', [String(job.id), '--attempt', '1'], 1)
    await answer('jobs cancel', ['--queue', 'mail'], 1)
    const { job: waiting } = await answer('jobs enqueue', ['MailJob', '--queue', 'other'])
    await answer('jobs cancel', [String(waiting.id)])
    await answer('jobs delete', [String(waiting.id)])
    await answer('queues')
    await answer('nodes')
    await answer('audit', ['--limit', '5', '--result', 'refused', '--from', '2h'])
    await answer('pause', ['mail'])
    await answer('resume', ['mail'])
    await answer('scale', ['mail', '--limit', '2'])
    await answer('health')
    await answer('health', ['--url', 'http://127.0.0.1:1'], 1)
    await answer('metrics')
    await answer('metrics', ['--metric', 'run'])
    await answer('crons list')
    await answer('crons next', [name])
    await answer('crons show', [name])
    await answer('crons show', ['none'], 1)
    await answer('crons run', [name])
    await answer('crons pause', [name])
    await answer('crons resume', [name])
    await answer('status')
    await answer('migrate')
    await answer('environment')
    await answer('sql')
    await answer('doctor', ['--only', 'schema', '--only', 'versions', '--only', 'clock'])
    await answer('grants', ['--role', 'r', '--as', 'viewer'])
    await answer('skill')
    await answer('skill', ['--into', 'skills'])
    await answer('completion', ['fish'])
    await answer('init', ['--dry-run'])
    await answer('worker', ['--once', '--queues', 'none', `${import.meta.dirname}/../support/fixtures/one-shot.js`])
    for (const command of ['web', 'mcp']) {
      const server = running([command, '--port', '0', '--json', '--prefix', prefix], { env: { DATABASE_URL: url }, cwd: folder })
      t.after(() => server.child.kill('SIGKILL'))
      const [served = ''] = await server.wrote(/^\{"url".*\}$/m)
      assertAnswer(command, JSON.parse(served))
      server.child.kill('SIGTERM')
      assert.equal((await server.exited).code, 0)
      checked.add(command)
    }
    await engine.stop()
    await answer('rollback', ['--yes'])

    // It does not end by itself, and migrates what was rolled back.
    const dev = running(['dev', '--no-worker', '--json', '--prefix', prefix], { env: { DATABASE_URL: url }, cwd: folder })
    t.after(() => dev.child.kill('SIGKILL'))
    const [line = ''] = await dev.wrote(/^\{.*\}$/m)
    assertAnswer('dev', JSON.parse(line))
    dev.child.kill('SIGTERM')
    assert.equal((await dev.exited).code, 0)
    checked.add('dev')
    assert.deepEqual([...checked].sort(), [...COMMANDS].sort())
  }))

test('jobs list --watch prints the list again when it has changed, until a signal', (t) =>
  withSchema(async ({ url, prefix }) => {
    const engine = await EramEngine.start({ url, prefix, logger: false })
    t.after(() => engine.stop())
    const list = running(['jobs', 'list', '--watch', '--interval', '1', '--json', '--prefix', prefix], { env: { DATABASE_URL: url } })
    t.after(() => list.child.kill('SIGKILL'))
    await list.wrote(/^\{"jobs":\[\],"next":null\}$/m)
    await engine.enqueue(MailJob, {})
    await list.wrote(/^\{"jobs":\[\{.*"state":"available".*$/m)
    await engine.jobs.cancel({ queue: 'mail' })
    await list.wrote(/^\{"jobs":\[\{.*"state":"cancelled".*$/m)
    list.child.kill('SIGINT')
    assert.deepEqual(await list.exited, { code: 0, signal: null })
    const lines = list.text().trimEnd().split('\n')
    assert.equal(lines.length, 3)
    for (const line of lines) assertAnswer('jobs list', JSON.parse(line))
    await until(async () => assert.equal((await engine.jobs.list({})).length, 1))
    await engine.stop()
    const { code, err } = await eramjs(['jobs', 'list', '--interval', '3', '--prefix', prefix])
    assert.equal(code, 2)
    assert.match(err, /--interval: expected at least 1, with --watch beside it, got 3 without/)
  }))
