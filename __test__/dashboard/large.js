// A million jobs on a server of its own, whose statistics and log show what statements cost.
import { readFile } from 'node:fs/promises'
import { fillLarge } from '../../bench/lib/large.js'
import { fillMetrics } from '../../bench/lib/metrics.js'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { sql } from '../support/database.js'

/** @typedef {Awaited<ReturnType<typeof startLarge>>} Large */
/** @typedef {{ calls: number, blocks: number, most: number, what: string }} Cost  most: blocks of the statement that read the most */

const SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  log_statement: 'all',
  log_line_prefix: '%a|',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  wal_level: 'minimal',
  max_wal_senders: 0,
  fsync: 'off',
  full_page_writes: 'off',
  synchronous_commit: 'off',
  autovacuum: 'off',
}

export async function startLarge() {
  const server = await startPostgres({ settings: SETTINGS })
  const connection = await sql(server.url)
  const { rows, row } = connection
  try {
    await EramEngine.migrate({ url: server.url })
    // What this connection does is not counted.
    await rows(`SET pg_stat_statements.track = 'none'`)
    await rows('CREATE EXTENSION pg_stat_statements')
    await fillMetrics(rows, 2, 40)
    await fillLarge(rows)
  } catch (error) {
    await connection.end()
    await server.stop()
    throw error
  }
  const log = () => readFile(server.logFile, 'utf8')

  /** What statements cost while it acts. @param {() => Promise<unknown>} act @param {string} [which] @returns {Promise<Cost>} */
  async function costOf(act, which = '.') {
    await rows('SELECT pg_stat_statements_reset()')
    await act()
    return row(
      `SELECT coalesce(sum(calls), 0)::int AS calls, coalesce(sum(blocks), 0)::int AS blocks, coalesce(max(blocks), 0)::int AS most,
         coalesce((array_agg(left(query, 400) ORDER BY blocks DESC))[1], '') AS what
       FROM (
         SELECT calls, shared_blks_hit + shared_blks_read AS blocks, query FROM pg_stat_statements
         WHERE query !~ '^(BEGIN|COMMIT|SET)' AND query ~ $1
       ) AS s`,
      [which],
    )
  }

  return {
    /** As a schema of a test, which stays. */
    schema: /** @type {import('../support/database.js').Schema} */ ({
      ...connection,
      url: server.url,
      prefix: 'public',
      drop: connection.end,
    }),
    rows,
    row,
    costOf,
    pages: (await row(`SELECT (pg_relation_size('eram_jobs') / 8192)::int AS pages`)).pages,
    /** How often the server has run statements since costOf was called last. @param {string} which  a pattern */
    calls: async (which) =>
      (await row('SELECT coalesce(sum(calls), 0)::int AS calls FROM pg_stat_statements WHERE query ~ $1', [which])).calls,
    /** How many statements the connections of dashboards have made. */
    statements: async () => (await log()).match(/^[^|\n]* web\|LOG: {2}execute /gm)?.length ?? 0,
    /** Statements that took longer than they may. */
    async cancelled() {
      return [...(await log()).matchAll(/^.*canceling statement due to statement timeout\n(.*(?:\n\t.*)*)/gm)].map(([, text = '']) =>
        text.slice(0, 800),
      )
    },
    async stop() {
      await connection.end()
      await server.stop()
    },
  }
}
