// Every statement that reads or writes jobs: with what it is run here, or why it may read more the longer the table is.
import { BOOT, GONE, LIVE, NODE } from './table.js'

/** @typedef {{ ids: string[], at: string[], by: string[], finished: string[], waiting: string[], tick: { updated_at: string, base: string, next: string } }} Sample */
/**
 * anywhere: also on connections of the application. most: so many rows at any rate, by its text.
 *
 * @typedef {{ name: string, file?: string, text?: string, values: (sample: Sample) => unknown[], anywhere?: boolean, most?: number }} Hot
 */

export const BATCH = 100

/** Jobs in so many ranges of the summary by attempted_at as claims have been made in, here mostly those that were rolled back. */
const RANGES = 40_000

const FIRST = '-9223372036854775808'
const LAST = '9223372036854775807'
/** Ranges of a fetch that reads all plain and all pinned jobs. */
const WHOLE = [
  [0, 10],
  [9, 19],
  ['-infinity', '-infinity'],
  [0, 0],
]
const NO_LEASE = [null, null, null]
const drafts = (/** @type {object} */ more) =>
  JSON.stringify(Array.from({ length: BATCH }, (_, n) => ({ worker: 'Noop', args: { n }, ...more })))

/** Twelve parameters of the choice of jobs. @param {string[] | null} ids */
const chosen = (ids) => [ids, ...Array(11).fill(null)]
const first = (/** @type {Sample} */ { ids }) => ids.slice(0, BATCH)
/** @param {Sample} sample @param {unknown} value */
const each = (sample, value) => first(sample).map(() => value)

/** @type {Hot[]} */
export const HOT = [
  { name: 'fetch_jobs', anywhere: true, values: () => ['default', BATCH, NODE, LIVE, ['Noop'], null, [], [], ...WHOLE] },
  {
    name: 'fetch_jobs of an empty queue',
    file: 'fetch_jobs',
    values: () => ['empty', BATCH, NODE, LIVE, ['Noop'], null, [], [], ...WHOLE],
  },
  {
    name: 'fetch_jobs, also pinned ones',
    file: 'fetch_jobs',
    anywhere: true,
    values: () => ['default', BATCH, NODE, LIVE, ['Noop', 'Other'], '1.0', ['pinned', 'min'], ['1.0', '1.0'], ...WHOLE],
  },
  {
    name: 'fetch_jobs from marks on',
    file: 'fetch_jobs',
    anywhere: true,
    values: () => [
      ...['default', BATCH, NODE, LIVE, ['Noop', 'Other'], '1.0', ['pinned', 'min'], ['1.0', '1.0']],
      ...[
        [0, 3, 10],
        [2, 9, 19],
        ['-infinity', '2026-01-01', '-infinity'],
        [0, 5, 0],
      ],
    ],
  },
  // With those without attempts left, whose rows are read twice where the table was not vacuumed.
  { name: 'survey_queue', anywhere: true, most: 2000, values: () => ['default', ['Noop', 'Other'], ['pinned', 'min'], ['1.0', '1.0']] },
  { name: 'find_horizon', values: () => ['public', 0] },
  { name: 'survey_queue of an empty queue', file: 'survey_queue', values: () => ['empty', ['Noop'], [], []] },
  { name: 'complete_jobs', values: ({ ids, at, by }) => [ids, ids.map(() => 1), at, by] },
  {
    name: 'complete_jobs of one claim',
    file: 'complete_jobs',
    values: ({ ids, at, by }) => [ids, [ids.length], at.slice(0, 1), by.slice(0, 1)],
  },
  {
    name: 'ack_jobs',
    values: (it) => [
      it.ids,
      it.at,
      it.by,
      ...['retryable', 15, '{"message":"x"}', '{}', 0, 0, null, 'failure', 'main 1', null].map((value) => each(it, value)),
    ],
  },
  {
    name: 'eram_ack_job',
    anywhere: true,
    text: `SELECT eram_ack_job(json_build_object('id', $1::bigint, 'attempted_at', (extract(epoch FROM $2::timestamptz) * 1000000)::bigint,
      'producer', $3::uuid, 'state', 'completed', 'attempt_delta', 0, 'crashes', 0, 'status', 'success')::text)`,
    values: ({ ids, at, by }) => [ids[0], at[0], by[0]],
  },
  { name: 'insert_jobs', anywhere: true, values: () => [drafts({})] },
  { name: 'insert_jobs, scheduled', file: 'insert_jobs', values: () => [drafts({ schedule_in: 60 })] },
  { name: 'insert_jobs, unique', file: 'insert_jobs', values: () => [drafts({ unique: { period: 'infinity' } })] },
  {
    name: 'insert_jobs, unique and there',
    file: 'insert_jobs',
    values: () => [drafts({ args: {}, unique: true })],
  },
  {
    name: 'insert_jobs, unique in a sliding window',
    file: 'insert_jobs',
    values: () => [drafts({ unique: { period: 60, window: 'sliding' } })],
  },
  { name: 'eram_enqueue', anywhere: true, text: 'SELECT eram_enqueue($1)', values: () => [drafts({ unique: true })] },
  { name: 'stage_jobs', values: () => [BATCH, null, ...NO_LEASE, [], null] },
  { name: 'next_due', values: () => [[]] },
  { name: 'fall_asleep', values: () => [[LIVE], 3600, 2, 10] },
  {
    name: 'heartbeat',
    values: ({ ids }) => [
      [LIVE],
      [BATCH],
      ['2026-01-01'],
      [BATCH],
      [false],
      ids,
      ['default', 'empty'],
      ['Noop'],
      false,
      [`{${ids}}`],
      NODE,
      'eram',
      BOOT,
      15,
      '2026-01-01',
      15,
      10,
      false,
      ['default', 'empty'],
    ],
  },
  { name: 'rescue_jobs', most: RANGES, values: () => [20, 60, [GONE], FIRST, 1000, ...NO_LEASE, [], null] },
  { name: 'discard_exhausted', values: () => [BATCH, ...NO_LEASE, [], null] },
  { name: 'exhausted_jobs', values: () => [BATCH, []] },
  { name: 'due_jobs', values: () => [BATCH, [], null] },
  { name: 'orphan_jobs', most: RANGES, values: () => [60, FIRST, 1000, []] },
  { name: 'prune_jobs', values: () => [FIRST, 1000, 60, 60, 60, ...NO_LEASE, []] },
  { name: 'prunable_jobs', values: () => [FIRST, 1000, 60, 60, 60, []] },
  { name: 'prune_chosen', values: ({ finished }) => [finished, 60, 60, 60, ...NO_LEASE] },
  { name: 'claimable_jobs', values: () => ['default', BATCH, ['Noop'], [], [], []] },
  { name: 'claim_jobs', values: ({ waiting }) => ['default', waiting, NODE, LIVE, null] },
  { name: 'name_jobs', values: ({ ids }) => [ids] },
  { name: 'reclaim_jobs', most: RANGES, values: ({ ids }) => [LIVE, ids.slice(0, BATCH / 2), null] },
  { name: 'unknown_claims', most: RANGES, values: ({ ids }) => [LIVE, ids.slice(0, BATCH / 2)] },
  { name: 'find_claims', values: ({ ids, at, by }) => [ids, at, by] },
  { name: 'unlocked_jobs', values: ({ ids }) => [ids] },
  { name: 'cancel_requested', values: ({ ids }) => [ids] },
  { name: 'insert_tick', values: ({ tick }) => ['tick', tick.next, 0, tick.updated_at, tick.base, '{"worker":"Noop"}', 86_400] },
  { name: 'insert_boot', values: ({ tick }) => ['tick', '{"worker":"Noop"}', '1.0', null, tick.updated_at] },
  { name: 'run_cron', values: () => ['tick', '{"worker":"Noop"}'] },
  { name: 'has_waiting', values: () => ['default', false, ['Noop'], ['pinned'], ['1.0'], []] },
  { name: 'has_waiting of an empty queue', file: 'has_waiting', values: () => ['empty', false, ['Noop'], ['pinned'], ['1.0'], []] },
  { name: 'unattended_queues', most: 2100, values: () => [BOOT, 60] },
  { name: 'unhandled_jobs', values: () => [20, 60, BATCH] },
  { name: 'known_queues', most: 2100, values: () => [] },
  { name: 'last_job', values: () => [] },
  { name: 'is_needed', values: () => [[LIVE], ['empty'], ['Noop'], LAST, 60] },
  { name: 'find_jobs', values: ({ ids }) => [ids] },
  { name: 'job_attempts', values: ({ ids }) => [ids[0]] },
  { name: 'write_progress', values: ({ ids, at, by }) => [ids, at, by, ids.map(() => 0.5), ids.map(() => null)] },
  { name: 'job_states', values: ({ ids }) => [ids] },
  { name: 'live_marks', values: ({ ids }) => ['public', ids] },
  { name: 'profile_next', values: ({ ids }) => [ids[0]] },
  { name: 'write_profile', values: ({ ids, at }) => [ids[0], 1, at[0], '{}', null] },
  { name: 'table_pages', values: () => ['public'] },
  { name: 'table_statistics', values: () => ['public'] },
  { name: 'why_job', values: ({ waiting }) => [waiting.at(-1), BATCH] },
  { name: 'why_job of a running job', file: 'why_job', values: ({ ids }) => [ids[0], BATCH] },
  { name: 'attention', values: () => [] },
  { name: 'cron_runs', values: () => ['tick', BATCH] },
  { name: 'failed_attempts', values: () => ['2000-01-01', 'infinity', LAST, 2_147_483_647, BATCH, null, null] },
  // By their ids, as `engine.jobs` is mostly asked.
  { name: 'list_jobs', values: (it) => [...chosen(first(it)), null, BATCH, 0] },
  { name: 'list_jobs, the newest', file: 'list_jobs', values: () => [...chosen(null), null, BATCH, 0] },
  { name: 'next_job_ids', values: (it) => [...chosen(first(it)), 0, LAST, BATCH] },
  { name: 'cancel_jobs', values: (it) => [...chosen(first(it)), 'why'] },
  { name: 'delete_jobs', values: (it) => chosen(it.finished) },
  { name: 'retry_jobs', values: (it) => chosen(it.finished) },
  { name: 'update_jobs', values: (it) => [...chosen(it.waiting), '{"priority":3}', null] },
  { name: 'find_unique_conflict', values: (it) => chosen(it.finished) },
  { name: 'purge_jobs', values: () => ['default', 1, LAST, null, null, BATCH, [], false, null] },
  { name: 'purgeable_jobs', values: () => ['default', 1, LAST, null, null, BATCH, []] },
]

const COUNTS = 'counts up to a fixed number of waiting jobs in each queue: bounded by its caller'
const PART = 'reads a part of the table, of a number of rows that its caller bounds'
const IN_TESTS = 'runs in the schema of a test'

/** Files of statements that may read more, each with its reason. @type {Record<string, string>} */
export const READS_MORE = {
  count_jobs: 'counts up to a fixed number of waiting jobs in each queue, and the others in a fixed number of pages: bounded by its caller',
  backlog: COUNTS,
  search_jobs: PART,
  search_oldest: PART,
  count_search: PART,
  sample_jobs: PART,
  search_ids: 'reads on from the last chunk until enough jobs meet a search',
  insert_gauges: COUNTS,
  inspect_schema: 'reads the catalog, and the table only by its name',
  testing_claim: IN_TESTS,
  testing_find: IN_TESTS,
  testing_reset: IN_TESTS,
  testing_settle: IN_TESTS,
  testing_stage: IN_TESTS,
  testing_time: IN_TESTS,
}
