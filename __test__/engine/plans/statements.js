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
const NO_LEASE = [null, null, null]
const drafts = (/** @type {object} */ more) =>
  JSON.stringify(Array.from({ length: BATCH }, (_, n) => ({ worker: 'Noop', args: { n }, ...more })))

/** Eleven parameters of the choice of jobs. @param {string[] | null} ids */
const chosen = (ids) => [ids, ...Array(10).fill(null)]
const first = (/** @type {Sample} */ { ids }) => ids.slice(0, BATCH)
/** @param {Sample} sample @param {unknown} value */
const each = (sample, value) => first(sample).map(() => value)

/** @type {Hot[]} */
export const HOT = [
  { name: 'fetch_jobs', anywhere: true, values: () => ['default', BATCH, NODE, LIVE, ['Noop'], null, [], []] },
  { name: 'fetch_jobs of an empty queue', file: 'fetch_jobs', values: () => ['empty', BATCH, NODE, LIVE, ['Noop'], null, [], []] },
  {
    name: 'fetch_jobs, also pinned ones',
    file: 'fetch_jobs',
    anywhere: true,
    values: () => ['default', BATCH, NODE, LIVE, ['Noop', 'Other'], '1.0', ['pinned', 'min'], ['1.0', '1.0']],
  },
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
  { name: 'stage_jobs', values: () => [BATCH, null, ...NO_LEASE] },
  { name: 'next_due', values: () => [] },
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
    ],
  },
  { name: 'rescue_jobs', most: RANGES, values: () => [20, 60, [GONE], FIRST, 1000, ...NO_LEASE] },
  { name: 'discard_exhausted', values: () => [BATCH, ...NO_LEASE] },
  { name: 'prune_jobs', values: () => [FIRST, 1000, 60, 60, 60, ...NO_LEASE] },
  { name: 'reclaim_jobs', most: RANGES, values: ({ ids }) => [LIVE, ids.slice(0, BATCH / 2)] },
  { name: 'find_claims', values: ({ ids, at, by }) => [ids, at, by] },
  { name: 'unlocked_jobs', values: ({ ids }) => [ids] },
  { name: 'insert_tick', values: ({ tick }) => ['tick', tick.next, 0, tick.updated_at, tick.base, '{"worker":"Noop"}', 86_400] },
  { name: 'insert_boot', values: ({ tick }) => ['tick', '{"worker":"Noop"}', '1.0', null, tick.updated_at] },
  { name: 'run_cron', values: () => ['tick', '{"worker":"Noop"}'] },
  { name: 'has_waiting', values: () => ['default', false, ['Noop'], ['pinned'], ['1.0']] },
  { name: 'has_waiting of an empty queue', file: 'has_waiting', values: () => ['empty', false, ['Noop'], ['pinned'], ['1.0']] },
  { name: 'unattended_queues', most: 2100, values: () => [BOOT, 60] },
  { name: 'unhandled_jobs', values: () => [20, 60, BATCH] },
  { name: 'known_queues', most: 2100, values: () => [] },
  { name: 'last_job', values: () => [] },
  { name: 'find_job', values: ({ ids }) => [ids[0]] },
  { name: 'job_attempts', values: ({ ids }) => [ids[0]] },
  { name: 'write_progress', values: ({ ids, at, by }) => [ids, at, by, ids.map(() => 0.5), ids.map(() => null)] },
  { name: 'ended_jobs', values: ({ ids }) => [ids] },
  { name: 'table_pages', values: () => ['public'] },
  // By their ids, as `engine.jobs` is mostly asked.
  { name: 'list_jobs', values: (it) => [...chosen(first(it)), null, BATCH, 0] },
  { name: 'list_jobs, the newest', file: 'list_jobs', values: () => [...chosen(null), null, BATCH, 0] },
  { name: 'next_job_ids', values: (it) => [...chosen(first(it)), 0, LAST, BATCH] },
  { name: 'cancel_jobs', values: (it) => [...chosen(first(it)), 'why'] },
  { name: 'delete_jobs', values: (it) => chosen(it.finished) },
  { name: 'retry_jobs', values: (it) => chosen(it.finished) },
  { name: 'update_jobs', values: (it) => [...chosen(it.waiting), '{"priority":3}'] },
  { name: 'find_unique_conflict', values: (it) => chosen(it.finished) },
  { name: 'purge_jobs', values: () => ['default', false, 1, LAST, null, null, BATCH] },
]

const COUNTS = 'counts up to a fixed number of waiting jobs in each queue: bounded by its caller'
const IN_TESTS = 'runs in the schema of a test'

/** Files of statements that may read more, each with its reason. @type {Record<string, string>} */
export const READS_MORE = {
  count_jobs: 'counts up to a fixed number of waiting jobs in each queue, and the others in a fixed number of pages: bounded by its caller',
  backlog: COUNTS,
  insert_gauges: COUNTS,
  testing_claim: IN_TESTS,
  testing_find: IN_TESTS,
  testing_reset: IN_TESTS,
  testing_settle: IN_TESTS,
  testing_stage: IN_TESTS,
  testing_time: IN_TESTS,
}
