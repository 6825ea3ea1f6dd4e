// The whole cluster, from any engine and from the command line: its queues and its nodes.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EramEngine } from '../../index.js'
import { DATABASE_URL, until, withSchema } from '../support/database.js'
import { MainJob } from '../support/fixtures/jobs.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const CLI = fileURLToPath(new URL('../../cli/index.js', import.meta.url))

/**
 * @param {Schema} schema
 * @param {string[]} args
 * @returns {Promise<{ code: number, out: string, err: string }>}
 */
const eramjs = ({ prefix }, ...args) =>
  new Promise((resolve) => {
    const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', DATABASE_URL }
    execFile(process.execPath, [CLI, ...args, '--prefix', prefix], { env }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
  })

/**
 * Two nodes that serve queues, and one engine that does not.
 * @param {(cluster: { one: EramEngine, two: EramEngine, idle: EramEngine }, schema: Schema) => Promise<void>} scenario
 */
const withCluster = (scenario) =>
  withSchema(async (schema) => {
    const common = { url: schema.url, prefix: schema.prefix, heartbeat_interval: 100, logger: /** @type {false} */ (false) }
    const [one, two, idle] = await Promise.all([
      EramEngine.start({ ...common, name: 'one', node: 'n1', version: '1.2.3', queues: { main: 5, mail: 2 } }),
      EramEngine.start({ ...common, name: 'two', node: 'n2', queues: { main: { limit: 3, paused: true } } }),
      EramEngine.start({ ...common, name: 'idle' }),
    ])
    try {
      await scenario({ one, two, idle }, schema)
    } finally {
      await Promise.all([one, two, idle].map((engine) => engine.stop({ grace: 0 })))
    }
  })

test('engine.queues lists waiting, running and finished jobs, and the nodes of each queue', () =>
  withCluster(async ({ one, two, idle }, schema) => {
    const { id } = await MainJob.enqueue({ action: 'wait' }, { engine: one })
    await schema.rows(
      `INSERT INTO eram_jobs (worker, queue, state, scheduled_at)
       SELECT 'Unknown', 'mail', s, now() + interval '1 hour'
       FROM unnest(enum_range(NULL::eram_job_state)) AS s, generate_series(1, 3) WHERE s <> 'executing'`,
    )
    await schema.rows(`INSERT INTO eram_jobs (worker, queue) SELECT 'Unknown', 'unserved' FROM generate_series(1, 10500)`)
    await schema.rows(`INSERT INTO eram_jobs (worker, queue, state) VALUES ('Unknown', 'past', 'completed')`)
    const queues = await until(async () => {
      const all = await idle.queues()
      assert.equal(all.find(({ queue }) => queue === 'main')?.running, 1)
      return all
    })
    assert.deepEqual(
      queues.map(({ queue }) => queue),
      ['mail', 'main', 'past', 'unserved'],
    )
    const [mail, main, past, unserved] = queues
    assert.deepEqual(mail?.counts, {
      suspended: 3,
      scheduled: 3,
      available: 3,
      executing: 0,
      retryable: 3,
      completed: 3,
      discarded: 3,
      cancelled: 3,
    })
    assert.deepEqual([main?.counts.executing, main?.limit, main?.paused], [1, 8, false])
    assert.deepEqual(
      main?.nodes.map(({ node, limit, paused, running, running_ids }) => ({ node, limit, paused, running, running_ids })),
      [
        { node: 'n1', limit: 5, paused: false, running: 1, running_ids: [id] },
        { node: 'n2', limit: 3, paused: true, running: 0, running_ids: [] },
      ],
    )
    assert.ok(main?.nodes.every(({ started_at, age_ms }) => started_at instanceof Date && age_ms < 20_000))
    assert.deepEqual([past?.counts.completed, past?.nodes], [1, []])
    assert.deepEqual([unserved?.counts.available, unserved?.at_least, unserved?.estimated], [10_000, ['available'], []])
    await two.pause('main')
    await until(async () => assert.equal((await idle.queues()).find(({ queue }) => queue === 'main')?.paused, true))
  }))

test('a long history is estimated, at the price of a part of it', () =>
  withSchema(async (schema) => {
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, logger: false })
    try {
      // Six rows a page.
      await schema.rows(
        `INSERT INTO eram_jobs (worker, queue, state, meta)
         SELECT 'Unknown', 'old', CASE WHEN n % 4 = 0 THEN 'discarded' ELSE 'completed' END::eram_job_state,
           jsonb_build_object('pad', repeat('x', 700))
         FROM generate_series(1, 24000) AS n`,
      )
      const [old] = await engine.queues()
      assert.deepEqual(old?.estimated, ['suspended', 'completed', 'discarded', 'cancelled'])
      const { completed = 0, discarded = 0 } = old?.counts ?? {}
      assert.ok(Math.abs(completed - 18_000) < 3000 && Math.abs(discarded - 6000) < 1500, `${completed}, ${discarded}`)
    } finally {
      await engine.stop()
    }
  }))

test('engine.nodes lists the nodes with their queues, and which of them leads', () =>
  withCluster(async ({ one, idle }, schema) => {
    const nodes = await idle.nodes()
    assert.deepEqual(
      nodes.map(({ name, node, pid, version, eram_version }) => [name, node, pid, version, typeof eram_version]),
      [
        ['one', 'n1', process.pid, '1.2.3', 'string'],
        ['two', 'n2', process.pid, null, 'string'],
      ],
    )
    assert.deepEqual(nodes[0]?.queues.map(({ queue, limit }) => [queue, limit]).sort(), [
      ['mail', 2],
      ['main', 5],
    ])
    assert.ok(nodes.every(({ started_at, age_ms }) => started_at instanceof Date && age_ms >= 0 && age_ms < 20_000))
    await schema.rows(
      `INSERT INTO eram_peers (name, node, owner, expires_at)
       SELECT p.name, p.node, CASE p.name WHEN 'two' THEN (p.meta->>'boot')::uuid ELSE gen_random_uuid() END, now() + interval '1 minute'
       FROM eram_producers AS p GROUP BY p.name, p.node, p.meta->>'boot'
       ON CONFLICT (name) DO UPDATE SET node = excluded.node, owner = excluded.owner, expires_at = excluded.expires_at`,
    )
    assert.deepEqual(
      (await one.nodes()).map(({ leader }) => leader),
      [false, true],
    )
  }))

test('the command line shows queues and nodes, and pauses, scales and resumes', () =>
  withCluster(async ({ one }, schema) => {
    const shown = await eramjs(schema, 'queues')
    assert.equal(shown.code, 0, shown.err)
    assert.match(shown.out, /^queue +running +limit +available/)
    assert.match(shown.out, /^main +0 +8 +0 .* n1, n2 \(paused\)$/m)
    const nodes = await eramjs(schema, 'nodes', '--json')
    assert.deepEqual(
      JSON.parse(nodes.out).nodes.map((/** @type {any} */ { node }) => node),
      ['n1', 'n2'],
    )
    assert.match((await eramjs(schema, 'nodes')).out, /^n1 +one .* mail 0\/2, main 0\/5$|^n1 +one .* main 0\/5, mail 0\/2$/m)
    assert.deepEqual(await eramjs(schema, 'pause', 'mail'), { code: 0, out: 'queue mail: paused on all nodes\n', err: '' })
    await until(async () => assert.equal((await one.checkQueue('mail'))?.paused, true))
    assert.equal((await eramjs(schema, 'scale', 'mail', '--limit', '7', '--node', 'n1')).out, 'queue mail: limit 7 on node n1\n')
    assert.deepEqual(JSON.parse((await eramjs(schema, 'resume', '*', '--json')).out), { queue: '*', node: '*' })
    await until(async () => {
      const { paused, limit } = (await one.checkQueue('mail')) ?? {}
      assert.deepEqual([paused, limit], [false, 7])
    })
    for (const [args, said] of /** @type {[string[], RegExp][]} */ ([
      [['pause'], /^eramjs: expected one queue, got none$/m],
      [['pause', 'a', 'b'], /^eramjs: expected one queue, got "a b"$/m],
      [['pause', 'mial'], /ERAM_NOT_FOUND: queue: expected one that is known \(mail, main\), got "mial", did you mean "mail"\?/],
      [['scale', 'mail'], /ERAM_CONFIG: scale: expected --limit N, got none/],
      [['scale', 'mail', '--limit', 'x'], /--limit: expected a whole number of 0 or more, got "x"/],
      [['queues', 'mail'], /expected only options after the command, got "mail"/],
    ])) {
      const { code, err } = await eramjs(schema, ...args)
      assert.equal(code, 2)
      assert.match(err, said)
    }
    assert.match((await eramjs(schema, 'pause', '--help')).out, /^Usage: eramjs pause <queue> \[options\]/)
  }))
