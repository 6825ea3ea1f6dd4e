// Random options of jobs, valid and not, from a seed.

/** @typedef {() => number} Random  from 0 to 1 */

/** @param {number} seed @returns {Random} */
export function seededRandom(seed) {
  let state = seed >>> 0
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const TEXTS = [
  '',
  'a',
  'mail',
  'exp',
  'min',
  'pinned',
  'suspended',
  'all',
  'incomplete',
  'infinity',
  'args',
  'ä€😀',
  'a"b\\',
  '\u200b',
  'x'.repeat(300),
]
const TIMES = [
  '2030-01-31T09:00:00Z',
  '2030-02-30T09:00:00Z',
  '1999-12-31T23:59:60.123456789+05:30',
  '0001-01-01T00:00:00+00:01',
  '9999-12-31T23:59:59-12:00',
]
const DURATIONS = ['1 day', '1h 30m', '5', '.5s', '1.5.5s', '2w,3d', '1 dy', '0.0005s', '  90 Secs ', '1e3s']
const NAMES = ['queue', 'priority', 'max_attempts', 'tags', 'meta', 'unique', 'timeout', 'backoff', 'version']
const OWN = ['schedule_in', 'scheduled_at', 'state', 'notify', 'profile']
const WRONG = ['prioritty', 'maxAttempts', 'Unique', 'fields', 'perform', 'queu', 'schedulein', 'é', 'a b', '__proto__', 'meta2']

/**
 * @param {Random} random
 * @param {{ of?: 'class' | 'job', valid?: boolean }} [options]  valid: mostly
 * @returns {Record<string, unknown>}
 */
export function randomOptions(random, { of = 'job', valid = false } = {}) {
  /** @template T @param {readonly T[]} list @returns {T} */
  const one = (list) => /** @type {T} */ (list[Math.floor(random() * list.length)])
  const chance = (/** @type {number} */ p) => random() < p
  const list = (/** @type {() => unknown} */ make, most = 4) => Array.from({ length: Math.floor(random() * (most + 1)) }, make)

  const number = () => {
    const size = 10 ** Math.floor(random() * 44 - 12)
    return one([
      0,
      1,
      9,
      10,
      -1,
      0.5,
      1e21,
      2 ** 53,
      2 ** 63,
      -(2 ** 63),
      2 ** 64,
      5e-324,
      random() * size,
      -random() * size,
      Math.floor(random() * 20),
    ])
  }
  /** @returns {unknown} */
  const anything = (depth = 0) =>
    one([
      () => number(),
      () => one(TEXTS),
      () => one([true, false, null]),
      () => (depth > 2 ? [] : list(() => anything(depth + 1))),
      () =>
        depth > 2
          ? {}
          : Object.fromEntries(
              list(() => [one([...TEXTS, ...NAMES, 'é', '😀', '\uffff', '10', '9']), anything(depth + 1)]).map(
                (e) => /** @type {any} */ (e),
              ),
            ),
    ])()
  const mostly = (/** @type {() => unknown} */ make) => (chance(valid ? 0.01 : 0.15) ? anything() : make())
  const duration = () =>
    one([
      () => one(DURATIONS),
      () => Math.floor(random() * 100_000) / one([1, 10, 1000, 3]),
      () => ({
        [one(['days', 'hours', 'seconds', 'milliseconds', 'weeks', 'minutes', 'dayz'])]: mostly(() => Math.floor(random() * 50) / 4),
      }),
    ])()
  const fields = ['args', 'queue', 'worker', 'meta']
  const states = ['scheduled', 'available', 'executing', 'suspended', 'retryable', 'completed', 'discarded', 'cancelled']
  const unique = () =>
    chance(0.3)
      ? one([true, false])
      : Object.fromEntries(
          [
            ['fields', () => list(() => one(chance(0.9) ? fields : ['tags']))],
            ['keys', () => list(() => one(['id', 'name', 'ä']))],
            ['period', duration],
            [
              'states',
              () =>
                chance(0.5)
                  ? one(['all', 'incomplete', 'successful', 'scheduled', 'none'])
                  : [...states.slice(0, 3), ...list(() => one(states))].slice(chance(0.2) ? 1 : 0),
            ],
            ['timestamp', () => one(['inserted_at', 'scheduled_at', 'now'])],
            ['window', () => one(['fixed', 'sliding'])],
            [
              'replace',
              () =>
                chance(0.5)
                  ? list(() => one(['args', 'tags', 'priority', 'worker']))
                  : { [one(states)]: list(() => one(['args', 'meta'])) },
            ],
            ['perod', () => 1],
          ]
            .filter(([key]) => chance(key === 'perod' ? 0.03 : 0.35))
            .map(([key, make]) => [key, mostly(/** @type {any} */ (make))]),
        )
  /** @type {Record<string, () => unknown>} */
  const makers = {
    queue: () => one(['default', 'mail', 'ä'.repeat(127), one(TEXTS)]),
    priority: () => Math.floor(random() * 10),
    max_attempts: () => 1 + Math.floor(random() * 30),
    tags: () => list(() => (chance(0.9) ? one(['a', 'b', 'c']) : one(TEXTS))),
    meta: () => Object.fromEntries(list(() => [one(['a', 'b', 'ä "', '__proto__x']), anything()]).map((e) => /** @type {any} */ (e))),
    unique,
    timeout: () => (chance(0.2) ? false : duration()),
    backoff: () =>
      chance(0.5) ? one(['oban', 'exp', 'none']) : { [one(['base', 'factor', 'max', 'jitter', 'jiter'])]: mostly(() => random() * 3) },
    version: () => one(['pinned', 'min', false]),
    schedule_in: duration,
    scheduled_at: () => one(TIMES),
    state: () => one(['suspended', 'available']),
    notify: () => chance(0.5),
    profile: () => chance(0.5),
  }
  const keys = of === 'class' ? NAMES : [...NAMES, ...OWN]
  const entries = keys
    .filter(() => chance(0.2))
    .map((key) => /** @type {[string, unknown]} */ ([key, mostly(/** @type {any} */ (makers[key]))]))
  if (chance(valid ? 0 : 0.03)) entries.push([one(WRONG), anything()])
  return Object.fromEntries(entries)
}
