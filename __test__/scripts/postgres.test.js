// The PostgreSQL server of the scripts: outages on purpose, and nothing left behind however its process ends.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startPostgres } from '../../scripts/postgres.js'
import { isAlive } from '../../scripts/processes.js'
import { sql, until } from '../support/database.js'

test('data and port outlive outages, restarts and crashes, and nothing outlives stop', async () => {
  const postgres = await startPostgres({ settings: { application_name: "it's ours" } })
  const { url, port, dataDir } = postgres
  await ask(url, 'CREATE TABLE kept (id int)')

  await postgres.down()
  await assert.rejects(sql(url), { code: 'ECONNREFUSED' })
  await postgres.up()
  await postgres.kill()
  await assert.rejects(sql(url), { code: 'ECONNREFUSED' })
  await postgres.up()
  assert.deepEqual([postgres.port, postgres.url], [port, url])
  assert.deepEqual(await ask(url, 'SELECT id FROM kept'), [])

  const pids = await postgres.pids()
  assert.equal(pids[0], postgres.pid)
  await postgres.stop()
  assert.deepEqual([existsSync(dataDir), ...pids.filter(isAlive)], [false])
  await assert.rejects(postgres.up(), /expected a server, got one that was removed/)
})

test('the caller can provide files of the data folder', async () => {
  const postgres = await startPostgres({ files: { 'pg_hba.conf': 'host all all 127.0.0.1/32 trust\n' } })
  assert.deepEqual(await ask(postgres.url.replace('password', 'another'), 'SELECT 1 AS one'), [{ one: 1 }])
  await postgres.stop()
})

test('a frozen server keeps its connections, and stops all the same', async () => {
  const postgres = await startPostgres()
  const { rows, end } = await sql(postgres.url)
  await postgres.freeze()
  const answer = rows('SELECT 1 AS one')
  await postgres.thaw()
  assert.deepEqual(await answer, [{ one: 1 }])
  await end()
  await postgres.freeze()
  await postgres.stop()
})

test("a port that is taken is rejected with the server's own message", async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  await assert.rejects(startPostgres({ port }), /expected it to come up, got:[\s\S]*Address already in use/)
  server.close()
})

describe('nothing is left', { concurrency: 3 }, () => {
  for (const end of ['SIGKILL', 'SIGTERM', 'SIGINT', 'throw', 'exit']) {
    test(`after ${end}`, async () => {
      const file = fileURLToPath(new URL('../support/fixtures/with-postgres.js', import.meta.url))
      const program = spawn(process.execPath, [file, end], { stdio: ['pipe', 'pipe', 'ignore'] })
      const [line] = await once(program.stdout, 'data')
      const { pids, dataDir } = JSON.parse(line)
      assert.ok(pids.length > 1 && existsSync(dataDir))
      program.stdin.end()
      await once(program, 'exit')
      await until(() => assert.deepEqual([existsSync(dataDir), ...pids.filter(isAlive)], [false]))
    })
  }
})

/**
 * @param {string} url
 * @param {string} text
 */
async function ask(url, text) {
  const { rows, end } = await sql(url)
  const result = await rows(text)
  await end()
  return result
}
