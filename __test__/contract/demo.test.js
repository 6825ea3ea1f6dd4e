// The demo: it holds what it claims, also twice at once on one database, and leaves nothing behind however it ends.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { report } from '../../examples/signup/report.js'
import { isAlive } from '../../scripts/processes.js'
import { DATABASE_URL, sql, until } from '../support/database.js'

/** @typedef {Parameters<typeof report>[0]} Facts */

const DEMO = fileURLToPath(new URL('../../examples/signup/demo.js', import.meta.url))

describe('the demo', { concurrency: true }, async () => {
  const database = await sql()
  after(() => database.end())

  for (const time of ['once', 'and once more beside it']) {
    test(`runs ${time}`, async () => {
      const demo = start()
      const [code] = await demo.ended
      const output = demo.lines.join('\n')
      assert.equal(code, 0, output)

      const table = tableOf(demo.lines)
      assert.deepEqual([table['sign-ups'], table.committed, table['rolled back'], table.recipients], ['200', '180', '20', '180'], output)
      assert.equal(Number(table['mails received']), 180 + Number(table.duplicates))
      assert.ok(Number(table['jobs rescued']) >= Math.max(1, Number(table.duplicates)))
      assert.equal(table['jobs retried'], '1')
      // The minute may have turned meanwhile, and cron have entered another job or two.
      assert.match(table['jobs by state'] ?? '', /^18[2-4] completed$/)

      assert.match(output, /posting 200 sign-ups/)
      const [, killed] = /killed worker (\d+) with \d+ jobs running/.exec(output) ?? []
      const [, next] = /worker (\d+) has taken over/.exec(output) ?? []
      assert.ok(killed && next && killed !== next)
      assert.match(output, /TellBillingJob: attempt 2 failed \(billing answered 503\)/)
      assert.match(output, /MinuteWorker: 180 users by now/)
      // Every complaint of the engine says what it expected.
      assert.doesNotMatch(output, /expected/)
      await nothingLeft(demo)
    })
  }

  test('ends on Ctrl-C, which a terminal sends to all of its processes', async () => {
    const demo = start()
    await demo.says(/posting/)
    process.kill(-demo.pid, 'SIGINT')
    assert.deepEqual(await demo.ended, [130, null], demo.lines.join('\n'))
    assert.match(demo.lines.join('\n'), /interrupted/)
    await nothingLeft(demo)
  })

  test('serves the dashboard while it runs, and with --stay goes on, dashboard and all, until Ctrl-C', async () => {
    const demo = start(['--stay'])
    await demo.says(/posting/)
    const url = /dashboard: (http:\S+)/.exec(demo.lines.join('\n'))?.[1] ?? assert.fail('expected a dashboard')
    const jobs = async (/** @type {string} */ text) => {
      const response = await fetch(`${url}/api/v1/jobs/search?limit=1000&text=${encodeURIComponent(text)}`)
      assert.equal(response.status, 200)
      return /** @type {{ jobs: { id: number }[] }} */ (await response.json()).jobs
    }
    await until(async () => assert.ok((await jobs('worker:EmailUserJob')).length > 0))
    await demo.says(/goes on until Ctrl-C/)
    assert.match(demo.lines.join('\n'), /✔ every job is completed/)
    // 180 are those of the report.
    await until(async () => assert.ok((await jobs('worker:EmailUserJob state:completed')).length > 182), { timeout: 60_000 })
    process.kill(-demo.pid, 'SIGINT')
    assert.deepEqual(await demo.ended, [0, null], demo.lines.join('\n'))
    await nothingLeft(demo)
  })

  test('ends on a SIGTERM for it alone, while it is still setting up', async () => {
    const demo = start()
    await demo.says(/creates the schemas/)
    process.kill(demo.pid, 'SIGTERM')
    assert.deepEqual(await demo.ended, [143, null], demo.lines.join('\n'))
    await nothingLeft(demo)
  })

  test('fails when one of its processes dies', async () => {
    const demo = start()
    await demo.says(/killed worker/)
    const web = Number(/web (\d+)/.exec(demo.lines.join('\n'))?.[1])
    process.kill(web, 'SIGKILL')
    assert.deepEqual(await demo.ended, [1, null])
    assert.match(demo.lines.join('\n'), new RegExp(`web.js ${web}: expected it to run, it ended with SIGKILL`))
    await nothingLeft(demo)
  })

  test('takes its processes with it when it is killed itself', async () => {
    const demo = start()
    await demo.says(/posting/)
    process.kill(demo.pid, 'SIGKILL')
    await demo.ended
    await until(() => assert.deepEqual(demo.pids().filter(isAlive), []))
    // The killed demo could not drop them.
    await database.rows(`DROP SCHEMA ${demo.schemas().join(', ')} CASCADE`)
  })

  /** @param {Demo} demo */
  async function nothingLeft(demo) {
    assert.deepEqual(demo.pids().filter(isAlive), [])
    assert.equal(demo.schemas().length, 2)
    assert.deepEqual(await database.rows('SELECT nspname FROM pg_namespace WHERE nspname = ANY ($1)', [demo.schemas()]), [])
  }
})

describe('the report', () => {
  const signups = [
    { email: 'a', name: 'A', status: 201 },
    { email: 'b', name: 'B', status: 201 },
    { email: 'c', name: '', status: 422 },
  ]
  const mails = [
    { to: 'a', job: 1 },
    { to: 'b', job: 2 },
    { to: 'b', job: 2 },
  ]
  const jobs = [
    { id: 1, state: 'completed', meta: {}, errors: [{ kind: 'error' }] },
    { id: 2, state: 'completed', meta: { rescued: 1 }, errors: [] },
  ]
  const users = ['a', 'b']
  /** @param {object} [change] */
  const broken = (change) => {
    const { claims, holds } = report(/** @type {Facts} */ (/** @type {unknown} */ ({ signups, users, mails, jobs, ...change })))
    const found = claims.filter(({ against }) => against.length > 0).map(({ claim }) => claim)
    assert.equal(holds, found.length === 0)
    return found
  }

  test('holds when all is well', () => assert.deepEqual(broken(), []))

  /** @type {[string, object, string[]][]} */
  const cases = [
    ['a mail is missing', { mails: mails.slice(1) }, ['exactly the users got mail']],
    ['mail was sent for a transaction that was rolled back', { mails: [...mails, { to: 'c', job: 3 }] }, ['exactly the users got mail']],
    [
      'a job that was not interrupted sent twice',
      { mails: [...mails, { to: 'a', job: 1 }] },
      ['a mail came twice only if its job was interrupted'],
    ],
    ['two jobs sent to the same user', { mails: [...mails, { to: 'a', job: 2 }] }, ['a mail came twice only if its job was interrupted']],
    [
      'a user is missing, but for whom all is consistent',
      { users: ['a'], mails: mails.slice(0, 1) },
      ['exactly those with a name became users'],
    ],
    ['a sign-up was answered wrongly', { signups: [...signups, { email: 'd', name: '', status: 500 }] }, ['every response was correct']],
    ['a job is left', { jobs: [...jobs, { id: 3, state: 'executing', meta: {}, errors: [] }] }, ['every job is completed']],
    ['nothing failed', { jobs: [{ ...jobs[0], errors: [] }, jobs[1]] }, ['a job that failed was tried again']],
    [
      'nothing was interrupted',
      { mails: mails.slice(0, 2), jobs: [jobs[0], { ...jobs[1], meta: {} }] },
      ['jobs that the kill interrupted were rescued'],
    ],
  ]
  for (const [what, change, expected] of cases) test(`tells when ${what}`, () => assert.deepEqual(broken(change), expected))
})

/** @typedef {ReturnType<typeof start>} Demo */

/** A demo with a process group of its own, as a terminal would give it. @param {string[]} [args] */
function start(args = []) {
  const child = spawn(process.execPath, [DEMO, ...args], {
    detached: true,
    env: { ...process.env, DATABASE_URL },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  /** @type {string[]} */
  const lines = []
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', (line) => lines.push(line))
  const pid = /** @type {number} */ (child.pid)
  const ended = once(child, 'close')
  return {
    pid,
    lines,
    ended,
    /** @param {RegExp} pattern */
    says: (pattern) => until(() => assert.match(lines.join('\n'), pattern), { timeout: 60_000 }),
    /** All its processes, by what they said. */
    pids: () => [pid, ...[...lines.join('\n').matchAll(/(?:web|worker) (\d+)/g)].map(([, found]) => Number(found))],
    schemas: () => /creates the schemas (\w+) and (\w+)/.exec(lines.join('\n'))?.slice(1) ?? [],
  }
}

/**
 * The rows of the report, by their names.
 *
 * @param {string[]} lines
 * @returns {Record<string, string>}
 */
function tableOf(lines) {
  const rows = lines.map((line) => /^ {2}(\w[\w -]*?) {2,}(\S.*)$/.exec(line)).filter((row) => row !== null)
  return Object.fromEntries(rows.map(([, name, value]) => [name, value]))
}
