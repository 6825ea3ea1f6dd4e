// Which clock each statement reads. Schemas of tests have a now() of their own, which tests move; what shows whether a node is alive
// follows the server.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { files, read } from '../support/sources.js'

/** Files in which all or some times are those of jobs and cron entries, which the clock of a test moves. */
const MOVED = `001_create_tables.up 002_create_drafts.up 003_create_enqueue.up 004_create_acks.up 005_create_fetch.up
  006_create_metrics.up 007_create_attempts.up attention backlog bring_back_cron cancel_jobs create_clock discard_exhausted
  claim_jobs due_jobs orphan_jobs prunable_jobs prune_chosen
  fall_asleep find_blocker heartbeat insert_boot insert_gauges insert_tick latest_gauges load_crons newest_metrics next_due now prune_jobs
  purge_jobs reclaim_jobs rescue_jobs retry_jobs
  set_environment skip_ticks stage_jobs save_queues testing_stage testing_time unattended_queues unhandled_jobs update_jobs upsert_workers
  why_job write_progress`.split(/\s+/)

const statements = [...files('migrations', '.sql'), ...files('src/store/sql', '.sql')]
const code = (/** @type {string} */ file) => read(file).replace(/--.*$/gm, '')

test('only these files follow the clock of a test', () => {
  const bare = statements.filter((file) => /(?<![.\w])(now|clock_timestamp)\(\)/.test(code(file)))
  assert.deepEqual(bare.map((file) => file.replace(/^.*\/|\.sql$/g, '')).sort(), [...MOVED].sort())
})

test('no statement reads a time that a schema cannot replace', () => {
  const fixed =
    /\b(current_timestamp|current_time|current_date|localtimestamp|localtime|transaction_timestamp|statement_timestamp)\b|'now'::|timestamptz 'now'/i
  assert.deepEqual(
    statements.filter((file) => fixed.test(code(file))),
    [],
  )
})

test('each function that reads the time has the search path of its schema', () => {
  for (const file of files('migrations', '.up.sql')) {
    for (const [definition = ''] of code(file).matchAll(/CREATE FUNCTION[\s\S]*?\$\$;/g)) {
      if (!/(?<![.\w])(now|clock_timestamp)\(\)/.test(definition)) continue
      assert.match(definition, /SET search_path FROM CURRENT/, definition.split('(')[0])
    }
  }
})
