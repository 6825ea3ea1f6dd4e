// The statements of an idle cluster, by the log of a server of its own.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { startNode } from '../crash/nodes.js'
import { sql, until } from '../support/database.js'

const NODES = 3
const QUEUES = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`queue-${i}`, 5]))
const SECONDS = 20

/** The first line of each statement that writes metrics; the log has no more of it in one line. */
const METRICS = ['insert_gauges', 'insert_metrics', 'stale_metrics', 'roll_up_metrics', 'delete_metrics'].map((name) => {
  const lines = readFileSync(new URL(`../../src/store/sql/${name}.sql`, import.meta.url), 'utf8').split('\n')
  return lines.find((line) => !line.startsWith('--')) ?? ''
})

test(`${NODES} nodes with 10 queues run less than one statement a second in all while they are idle`, async () => {
  const server = await startPostgres({ settings: { log_statement: 'all', log_line_prefix: '%n|%a|' } })
  const { rows, row, end } = await sql(server.url)
  /** @type {Awaited<ReturnType<typeof startNode>>[]} */
  const nodes = []
  try {
    await EramEngine.migrate({ url: server.url })
    const schema = /** @type {any} */ ({ url: server.url, prefix: 'public', rows })
    for (let i = 0; i < NODES; i++) nodes.push(await startNode(schema, `node-${i}`, { queues: QUEUES }))
    await until(async () => {
      const { count } = await row(`SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'`)
      assert.equal(count, 10, 'each queue has one sentinel')
      await quiet()
    })
    const begun = await now()
    await until(async () => assert.ok((await now()) > begun + SECONDS), { interval: 1000 })
    const asked = (await statements()).filter(({ at }) => at > begun && at <= begun + SECONDS)
    const kinds = new Map()
    for (const { text } of asked) kinds.set(text.slice(0, 60), (kinds.get(text.slice(0, 60)) ?? 0) + 1)
    console.log(`# ${asked.length} statements in ${SECONDS} s`, kinds)
    assert.ok(asked.length < SECONDS, `${asked.length} statements in ${SECONDS} s`)
    assert.ok(asked.length >= NODES, 'heartbeats go on')
    // One sample, and one look at it.
    const metrics = asked.filter(({ text }) => METRICS.includes(text.replaceAll('"public".', '')))
    assert.ok(metrics.length <= 3, `${metrics.length} statements for metrics in ${SECONDS} s`)
  } finally {
    await Promise.all(nodes.map((node) => node.kill()))
    await end()
    await server.stop()
  }

  /** @returns {Promise<number>} */
  async function now() {
    return (await row('SELECT extract(epoch FROM clock_timestamp())::float AS at')).at
  }

  /** The statements of the nodes so far. */
  async function statements() {
    const log = await readFile(server.logFile, 'utf8')
    const lines = [...log.matchAll(/^([\d.]+)\|(node-\d[^|]*)\|LOG: {2}(?:execute [^:]+|statement): (.*)/gm)]
    return lines.map(([, at, name, text = '']) => ({ at: Number(at), name, text }))
  }

  /** Nothing but heartbeats and pings for some seconds. */
  async function quiet() {
    const end = await now()
    const late = (await statements()).filter(({ at }) => at > end - 3)
    assert.ok(late.length < 6, 'the queues have stopped polling')
  }
})
