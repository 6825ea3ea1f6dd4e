// Compares what each statement touches in a large table with what it touches in a small one.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { schema, sql } from '../../support/database.js'
import { HOT } from './statements.js'
import { begin, failures, LIVE, past, people, wait } from './table.js'

/** @typedef {import('./statements.js').Hot} Hot */
/** @typedef {{ rows: number, blocks: number, scans: number, plan: string }} Touched */

const SMALL = 10_000
const ROOT = new URL('../../../', import.meta.url)

/** How the engine sets its own connections. */
const PLANS = /const PLANS: &str =\s+"(.*)";/.exec(readFileSync(new URL('src/engine/addresses.rs', ROOT), 'utf8'))?.[1]
const ENGINE = 'on connections of the engine'
const SESSIONS = { [ENGINE]: PLANS, 'on connections of the application': '' }

// Also of what functions do. They are not reset when a transaction ends, only when they are sent.
const COUNTS = `SELECT seq_scan::int AS scans, (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int AS rows
  FROM pg_stat_xact_user_tables WHERE relid = 'eram_jobs'::regclass`

/** @param {string} name of a statement's file */
export const text = (name) => readFileSync(new URL(`src/store/sql/${name}.sql`, ROOT), 'utf8')

/** A statement as the engine sends it. @param {Hot} hot */
export const textOf = ({ name, file = name, text: own }) => own ?? text(file).replace('true /* filter */', text('filter'))

/**
 * What statements take of a table.
 * @param {(text: string, values?: unknown[]) => Promise<any>} row
 */
export async function takeSample(row) {
  const held = await row(
    `SELECT array_agg(id)::text[] AS ids, array_agg(attempted_at::text) AS at, array_agg(attempted_by[2]) AS by
   FROM (SELECT * FROM eram_jobs WHERE state = 'executing' AND attempted_by[2] = $1 ORDER BY id LIMIT 100) AS j`,
    [LIVE],
  )
  const others = await row(
    `SELECT
     ARRAY(SELECT id::text FROM eram_jobs WHERE state = 'completed' ORDER BY id LIMIT 100) AS finished,
     ARRAY(SELECT id::text FROM eram_jobs WHERE state = 'available' ORDER BY id LIMIT 100) AS waiting`,
  )
  const tick = await row(
    `SELECT updated_at::text, greatest(last_at, since)::text AS base, (greatest(last_at, since) + interval '1 second')::text AS next
   FROM eram_crons WHERE name = 'tick'`,
  )
  return { ...held, ...others, tick }
}

/**
 * Node by node: by which index, how many rows, how many blocks.
 * @param {any} plan
 * @returns {string}
 */
function outline(plan, depth = 0) {
  const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
  const own = [plan['Subplan Name'], plan['Node Type'], plan['Index Name'] ?? plan['Relation Name']].filter(Boolean).join(' ')
  const parts = (plan.Plans ?? []).map((/** @type {any} */ part) => outline(part, depth + 1))
  return [`${'  '.repeat(depth)}${own}: ${plan['Actual Rows']} rows × ${plan['Actual Loops']}, ${blocks} blocks`, ...parts].join('\n')
}

/**
 * Registers the tests for one size of the large table.
 *
 * @param {number} large its number of jobs
 */
export const compareWith = (large) =>
  describe('statements', () => {
    /** @type {import('../../support/database.js').Schema} */
    let own
    /** By session and statement: of the small table. @type {Map<string, Touched>} */
    const small = new Map()

    before(async () => {
      own = await schema()
      // Nothing is analyzed but by this test.
      await own.rows('ALTER TABLE eram_jobs SET (autovacuum_enabled = off)')
      await people(own)
      await past(own, SMALL)
      await present(SMALL)
      await own.rows('VACUUM ANALYZE eram_jobs')
      for (const session of Object.keys(SESSIONS)) {
        for (const [{ name }, touched] of await measure(session)) small.set(`${session}: ${name}`, touched)
      }
      await own.rows('DELETE FROM eram_jobs WHERE stage IN (1, 3) OR attempted_by[2] = $1', [LIVE])
      await own.rows('ANALYZE eram_jobs')
      await past(own, large - SMALL)
      await present(large)
    })
    after(() => own.drop())

    for (const [statistics, prepare] of /** @type {[string, string][]} */ ([
      ['with statistics of when it was small and nothing waited', 'SELECT'],
      ['with fresh statistics', 'VACUUM ANALYZE eram_jobs'],
      ['without any statistics', 'DELETE FROM pg_statistic WHERE starelid = $1::regclass'],
    ])) {
      for (const session of Object.keys(SESSIONS)) {
        test(`touch as much of ${large} jobs as of ${SMALL}, ${statistics}, ${session}`, async () => {
          await own.rows(prepare, prepare.includes('$1') ? [`${own.prefix}.eram_jobs`] : [])
          const failures = []
          for (const [{ name, most = 0 }, { rows, blocks, scans, plan }] of await measure(session)) {
            const before = small.get(`${session}: ${name}`)
            assert.ok(before)
            // Indexes are deeper, and jobs further apart.
            const limit = { rows: Math.max(1.5 * before.rows + 20, most), blocks: Math.max(3 * before.blocks + 600, most) }
            if (scans > 0 || rows > limit.rows || blocks > limit.blocks)
              failures.push(
                `${name}: expected no scan, about ${before.rows} rows and ${before.blocks} blocks, got ${scans}, ${rows} and ${blocks}\n${plan}`,
              )
          }
          assert.ok(failures.length === 0, failures.join('\n\n'))
        })
      }
    }

    /** What waits and runs. @param {number} jobs */
    async function present(jobs) {
      await wait(own, jobs)
      await begin(own)
      await failures(own)
      // As autovacuum does soon, with no regard to statistics.
      await own.rows(`SELECT brin_summarize_new_values('eram_jobs_attempted_index')`)
    }

    /** Runs each statement in a transaction that is rolled back. @param {string} session */
    async function measure(session) {
      const { client, rows, row, end } = await sql(own.url, own.prefix)
      try {
        for (const [, name, value] of (SESSIONS[/** @type {keyof typeof SESSIONS} */ (session)] ?? '').matchAll(/-c (\w+)=(\w+)/g))
          await rows(`SET ${name} = ${value}`)
        if (session === ENGINE) assert.equal((await row('SHOW enable_seqscan')).enable_seqscan, 'off')
        // A node that has been silent for 20 seconds counts as gone; filling the table can take longer.
        await rows('UPDATE eram_producers SET updated_at = now() WHERE uuid = $1', [LIVE])
        const sample = await takeSample(row)
        /** @type {[Hot, Touched][]} */
        const touched = []
        for (const hot of HOT.filter(({ anywhere }) => anywhere || session === ENGINE)) {
          await rows('BEGIN')
          try {
            const before = await row(COUNTS)
            const { rows: plans } = await client.query({
              text: `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${textOf(hot)}`,
              values: hot.values(sample),
            })
            const plan = plans[0]['QUERY PLAN'][0].Plan
            const after = await row(COUNTS)
            touched.push([
              hot,
              {
                rows: after.rows - before.rows,
                blocks: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'],
                scans: after.scans - before.scans,
                plan: outline(plan),
              },
            ])
          } catch (error) {
            throw new Error(`${hot.name}: ${/** @type {Error} */ (error).message}`)
          } finally {
            await rows('ROLLBACK')
          }
        }
        return touched
      } finally {
        await end()
      }
    }
  })
