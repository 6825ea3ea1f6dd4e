// Nodes in processes of their own, which tests kill and freeze.
import assert from 'node:assert/strict'
import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { sql, until, withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {Awaited<ReturnType<typeof startNode>>} Node */
/** @typedef {{ worker?: string, queue?: string, args?: object, [option: string]: unknown }} Draft */

const PROGRAM = path.join(import.meta.dirname, 'programs/node.js')

/**
 * What a test of crashes works with: nodes on one schema.
 *
 * @typedef {object} Cluster
 * @property {Schema} schema with a table `effects`, to which the jobs of programs/jobs.js write
 * @property {(name: string, options?: object, env?: Record<string, string>) => Promise<Node>} start
 * @property {() => ReturnType<typeof sql>} connect another connection of the test's own, ended with the test
 * @property {(drafts: Draft[]) => Promise<number[]>} enqueue by plain SQL
 * @property {(ids: number[]) => Promise<any[]>} jobs the rows, in the order of the ids
 * @property {(ids: number[], options?: { timeout?: number }) => Promise<any[]>} completed the rows, once all are
 * @property {(node: string) => Promise<unknown>} presumeDead shifts what the database knows of a dead or frozen node a minute into
 *   the past, so that no test waits for its silence; takeover.slow.test.js does
 */

/**
 * Runs a test in a schema of its own and kills the nodes that it leaves.
 *
 * @param {(cluster: Cluster) => Promise<void>} test
 */
export function withNodes(test) {
  return withSchema(async (schema) => {
    await schema.rows(
      'CREATE TABLE effects (job bigint NOT NULL, attempt integer NOT NULL, pid integer NOT NULL, at timestamptz DEFAULT now())',
    )
    /** @type {Node[]} */
    const nodes = []
    /** @type {Awaited<ReturnType<typeof sql>>[]} */
    const connections = []
    const killAll = () => nodes.map((node) => node.kill())
    process.on('exit', killAll)
    try {
      await test({
        ...clusterOf(schema),
        async start(name, options, env) {
          const node = await startNode(schema, name, options, env)
          nodes.push(node)
          return node
        },
        async connect() {
          const connection = await sql(schema.url, schema.prefix)
          connections.push(connection)
          return connection
        },
      })
    } finally {
      await Promise.all([...killAll(), ...connections.map((connection) => connection.end())])
      process.off('exit', killAll)
    }
  })
}

/**
 * @param {Schema} schema
 * @returns {Omit<Cluster, 'start' | 'connect'>}
 */
export function clusterOf(schema) {
  /** @param {number[]} ids */
  const jobs = async (ids) => {
    const rows = await schema.rows('SELECT * FROM eram_jobs WHERE id = ANY ($1) ORDER BY array_position($1, id)', [ids])
    return rows.map((row) => ({ ...row, id: Number(row.id) }))
  }
  return {
    schema,
    jobs,
    async enqueue(drafts) {
      const rows = await schema.rows('SELECT id FROM eram_enqueue_jobs($1::jsonb) ORDER BY ord', [
        JSON.stringify(drafts.map((draft) => ({ worker: 'EffectJob', ...draft }))),
      ])
      return rows.map(({ id }) => Number(id))
    },
    presumeDead: (node) =>
      schema.rows(
        `WITH leader AS (UPDATE eram_peers SET expires_at = now() WHERE node = $1)
         UPDATE eram_producers SET updated_at = updated_at - interval '1 minute' WHERE node = $1`,
        [node],
      ),
    completed: (ids, options) =>
      until(
        async () => {
          const rows = await jobs(ids)
          const late = rows.filter(({ state }) => state !== 'completed')
          assert.deepEqual(
            late.slice(0, 5).map(({ id, queue, state, attempt }) => ({ id, queue, state, attempt })),
            [],
          )
          return rows
        },
        { interval: 100, ...options },
      ),
  }
}

/**
 * Short jobs teach a queue to claim ahead.
 *
 * @param {Cluster} cluster
 * @param {string} queue
 */
export async function teachToClaimAhead({ enqueue, completed }, queue) {
  await completed(await enqueue(Array(500).fill({ queue, args: { quick: true } })))
}

/**
 * Freezes a node while the first job of a queue that was taught to claim ahead, and whose limit is 1, runs, and others are
 * claimed that have not begun. The running job ends as soon as the node goes on.
 *
 * @param {Cluster} cluster
 * @param {Node} node
 * @param {string} queue
 * @returns {Promise<{ ids: number[], claimed: number[] }>}
 */
export async function freezeAhead({ schema, enqueue }, node, queue) {
  const held = async () => {
    const rows = await schema.rows(`SELECT id::int FROM eram_jobs WHERE queue = $1 AND state = 'executing' ORDER BY id`, [queue])
    return rows.map(({ id }) => id)
  }
  // What waits for a second is handed back; then it was too late, and there is another try.
  return until(async () => {
    node.thaw()
    const ids = await enqueue([{ queue, args: { ms: 900, quick: true } }, ...Array(20).fill({ queue })])
    await node.waitForLog(ids.slice(0, 1), 'begun')
    await node.freeze()
    const claimed = await held()
    assert.equal(claimed[0], ids[0])
    assert.ok(claimed.length > 1)
    return { ids, claimed }
  })
}

/**
 * Resolves when the engine of a new process runs.
 *
 * @param {Pick<Schema, 'url' | 'prefix' | 'rows'> & { program?: string }} schema
 * @param {string} name of the node; its connections have it too
 * @param {object} [options] of its engine
 * @param {Record<string, string>} [env] beside that of this process
 */
export async function startNode({ url, prefix, rows, program = PROGRAM }, name, options, env) {
  const address = new URL(url)
  address.searchParams.set('application_name', name)
  const child = fork(program, [JSON.stringify({ url: address.href, prefix, node: name, ...options })], {
    env: { ...process.env, DATABASE_URL: url, PREFIX: prefix, ...env },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const pid = Number(child.pid)
  /** @type {any[]} */
  const events = []
  child.on('message', (event) => events.push(event))
  // What it said last may come after its exit.
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(([[code, signal]]) => ({ code, signal }))
  await Promise.race([once(child, 'message'), ended.then((end) => assert.fail(`node ${name} ended: ${JSON.stringify(end)}`))])

  return {
    name,
    pid,
    ended,
    events,
    /** @param {string} kind */
    eventsOf: (kind) => events.filter(({ event }) => event === kind),
    /**
     * An event, also one of the past.
     *
     * @param {string} kind
     * @param {(event: any) => boolean} [matches]
     * @param {{ timeout?: number }} [options]
     */
    waitForEvent: (kind, matches = () => true, options) =>
      until(() => {
        const event = events.find((it) => it.event === kind && matches(it))
        assert.ok(event, `node ${name} has not reported ${kind}`)
        return event
      }, options),
    /**
     * Each of the jobs has written this line.
     *
     * @param {number[]} ids
     * @param {string} line
     */
    waitForLog: (ids, line) =>
      until(() => {
        const found = events.filter(({ event, message }) => event === 'job:log' && message === line).map(({ job }) => job.id)
        assert.deepEqual(
          ids.filter((id) => !found.includes(id)),
          [],
          `these jobs of node ${name} have not logged "${line}"`,
        )
      }),
    /**
     * It calls process.exit().
     *
     * @param {number} code
     */
    exit(code) {
      child.send({ exit: code })
      return ended
    },
    /**
     * Makes it enqueue jobs one after the other and send the id of each that was acknowledged, or stops that.
     *
     * @param {boolean} shall
     */
    call(shall) {
      child.send({ call: shall })
    },
    /** What time it is for it, in milliseconds since 1970. */
    async now() {
      const before = events.length
      child.send({ now: true })
      return until(() => {
        const found = events.slice(before).find(({ event }) => event === 'now')
        assert.ok(found)
        return Number(found.now)
      })
    },
    /**
     * Blocks its main thread until a file is there; resolves when that has begun.
     *
     * @param {string} file
     */
    async block(file) {
      const before = events.length
      child.send({ block: file })
      await until(() => assert.ok(events.slice(before).some(({ event }) => event === 'blocked')))
    },
    /** @param {NodeJS.Signals} name */
    signal(name) {
      child.kill(name)
      return ended
    },
    /** SIGKILL, if it lives. */
    kill() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      return ended
    },
    /** Stands still when it resolves, and the server has ended what it was asked before. */
    async freeze() {
      child.kill('SIGSTOP')
      await until(() => assert.match(execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }), /^T/))
      await until(async () => {
        const busy = await rows(
          `SELECT pid FROM pg_stat_activity
           WHERE starts_with(application_name, $1) AND state = 'active' AND wait_event_type IS DISTINCT FROM 'Lock'`,
          [name],
        )
        assert.deepEqual(busy, [])
      })
    },
    thaw: () => child.kill('SIGCONT'),
  }
}
