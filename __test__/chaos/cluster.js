// Where the chaos takes place: a server of its own, tables for what is seen of it, and a timeline of what was done.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { startPostgres } from '../../scripts/postgres.js'
import { schema } from '../support/database.js'

/** @typedef {Awaited<ReturnType<typeof clusterOf>>} Cluster */

const TABLES = `
  -- What is to be enqueued, how, and where it may end.
  CREATE TABLE plan (key text PRIMARY KEY, batch text NOT NULL, way text NOT NULL, kind text NOT NULL, ends text[] NOT NULL, fruitful boolean NOT NULL);
  -- Written in the transactions that enqueue: a key is here if its job's transaction was committed, whether or not its caller was told.
  CREATE TABLE ledger (key text PRIMARY KEY, met boolean NOT NULL);
  -- The answers that callers received: the job is there, or it met another one.
  CREATE TABLE answers (key text, met boolean NOT NULL);
  -- By jobs: each call of perform, each effect.
  CREATE TABLE runs (
    run uuid PRIMARY KEY, job bigint NOT NULL, attempt integer NOT NULL, claimed_at timestamptz NOT NULL, node text NOT NULL,
    queue text NOT NULL, inside integer NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE TABLE effects (run uuid PRIMARY KEY, job bigint NOT NULL, claimed_at timestamptz NOT NULL);
  -- How often each yearly entry was made due again.
  CREATE TABLE rewinds (name text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
  -- By a trigger: where each job went, in the order in which it did.
  CREATE TABLE history (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, job bigint NOT NULL, was eram_job_state, became eram_job_state NOT NULL,
    attempt integer NOT NULL, claimed_at timestamptz, claimed_by text[], at timestamptz NOT NULL DEFAULT clock_timestamp());
  CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
  BEGIN
    INSERT INTO history (job, was, became, attempt, claimed_at, claimed_by)
    VALUES (NEW.id, CASE TG_OP WHEN 'UPDATE' THEN OLD.state END, NEW.state, NEW.attempt, NEW.attempted_at, NEW.attempted_by);
    RETURN NULL;
  END $$;
  CREATE TRIGGER remember AFTER INSERT OR UPDATE OF state ON eram_jobs FOR EACH ROW EXECUTE FUNCTION remember();
  CREATE INDEX ON eram_jobs ((args->>'key'));
  CREATE INDEX ON history (job);
`

/** @param {(cluster: Cluster) => Promise<void>} test */
export async function withCluster(test) {
  const server = await startPostgres()
  try {
    const { url, prefix, rows, end } = await schema({ url: server.url })
    await rows(TABLES)
    await end()
    const cluster = clusterOf({ server, url, prefix })
    try {
      await test(cluster)
    } finally {
      await cluster.pool.end()
    }
  } finally {
    await server.stop()
  }
}

/** @param {{ server: import('../../scripts/postgres.js').Postgres, url: string, prefix: string }} where */
function clusterOf({ server, url, prefix }) {
  const options = { connectionString: url, options: `-c search_path=${prefix}` }
  const pool = poolOf({ ...options, max: 4, application_name: 'chaos' })
  let began = performance.now()
  /** @type {string[]} */
  const timeline = []
  return {
    server,
    url,
    prefix,
    pool,
    options,
    timeline,
    /** The first moment of the plan is now. */
    begin() {
      began = performance.now()
    },
    /** Milliseconds since the beginning. */
    now: () => performance.now() - began,
    /** Until a moment of the plan; at once if it is past. @param {number} at */
    moment: (at) => sleep(Math.max(0, at - (performance.now() - began))),
    /** @param {string} what */
    note(what) {
      timeline.push(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${what}`)
    },
    /**
     * The rows of a statement that may be run twice; tried again while the server is away.
     *
     * @param {string} text
     * @param {unknown[]} [values]
     * @returns {Promise<any[]>}
     */
    async rows(text, values) {
      for (;;) {
        try {
          return (await pool.query(text, values)).rows
        } catch (error) {
          if (!isOutage(error)) throw error
        }
        await sleep(100)
      }
    },
  }
}

/** A pool whose connections may break: then what is asked of them fails. @param {pg.PoolConfig} options */
export function poolOf(options) {
  const pool = new pg.Pool(options)
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** The server is away, or the connection was cut: nothing is known of what was asked. @param {any} error */
export function isOutage(error) {
  if (error.code === 'ERAM_UNAVAILABLE') return true
  const state = error.sqlstate ?? error.code
  return typeof state !== 'string' || /^(57P|08|53)/.test(state) || /^E(CONN|PIPE|TIMEDOUT)/.test(state)
}
