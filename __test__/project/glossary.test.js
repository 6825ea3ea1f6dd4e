// docs/glossary.md is the vocabulary: each idea has one word. Words and turns of phrase that were retired stay out of the tree.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { ROOT, read } from '../support/sources.js'

/** Files whose text does not count: generated, or lists of the retired words themselves. */
const EXEMPT = /(^|\/)package-lock\.json$|^Cargo\.lock$|\.svg$|^__test__\/project\/glossary\.test\.js$/

/** Turns of phrase: the subject of a sentence is a component, not a person, and a relative clause is not a name. */
const PHRASES = [
  // `nobody` and "nobody" are the account of that name.
  /(?<!["'`])\b(some|no|any|every)body\b/i,
  /\bwhoever\b/i,
  /\btold of\b/i,
  /\btells of\b/i,
  /\bfor ever\b/i,
  /\bat hand\b/i,
  /\blest\b/i,
  // "is no error" for "is not an error". "There is no …" and "is no longer" are idiomatic.
  /(?<!\bthere )\b(is|are) no\b(?! (longer|more|other|way)\b)/i,
]

/** Identifiers that had a private word where the field has a term, by the term. */
const IDENTIFIERS = {
  'OutcomeHandler, settle': ['Endings', 'Ending', 'Said', 'Handed', 'Settlement'],
  'WorkerSupervisor, slot': ['Seat', 'seat', 'seats', 'Spawned'],
  JobServices: ['Workshop', 'workshop'],
  'ParsedOptions, EngineTransport': ['Wish', 'wish', 'Means'],
  'EnqueueBatcher, OutcomeBuffer': ['Mailbox', 'Outbox', 'outbox'],
  'PluginRunner, Schedule': ['Ticking', 'Rhythm', 'rhythm', 'Around'],
  RetryDelay: ['Pace', 'Patience', 'patience', 'PATIENCE'],
  'EVENT_FLAGS, publishInterest, drainDirectives, keepAlive': ['EARS', 'Ears', 'ears', 'prick', 'obey', 'pulse'],
  'Offer, Claimed, FetchRequest': ['Vacancy', 'Vacancies', 'vacancy', 'vacancies', 'Posted', 'Filled', 'Sketch', 'Wanted'],
  AfterCommit: ['Afterwards'],
  'counters, overview, reindex, duplicate_node': ['Tally', 'tally', 'census', 'twins'],
  'LeaseState, ClusterSnapshot, step_down': ['Belief', 'belief', 'Sight', 'Seen', 'cease', 'lose_sight', 'depose', 'deposed'],
  'Heartbeat, HeartbeatReply, HeartbeatHandler': ['Beat', 'Beaten', 'Beating', 'Beats', 'Standing'],
  'WorkerExit, exit_deadline, stuck': [
    'Death',
    'OBITUARY',
    'bury',
    'buried',
    'grave',
    'condemned',
    'bring_home',
    'culprit',
    'zombie',
    'zombies',
    'max_zombies',
  ],
  'Waker, IsolateWaker': ['Dispatcher', 'Bell', 'bell', 'rung'],
  'fetch_due, maybe_lost_acks, prefetch_blocked, at_capacity, stop_now': [
    'hungry',
    'stirred',
    'doubtful',
    'unsure',
    'crowded',
    'unmet',
    'hurried',
    'nudge',
    'nudged',
  ],
  'TickContext, UnhandledJobs, UnownedClaims': ['Cue', 'Watch', 'Fate', 'Strays'],
  Warning: ['Alarm', 'Alarms', 'alarm', 'alarms'],
  'notify, emit, report, receive': ['told', 'tell', 'tells', 'hear', 'hears', 'heard'],
  'harness, enqueue, waitForState, runToCompletion, recordEvents, adapter': ['Ground', 'groundOf', 'Bank', 'reaches', 'doomed', 'heir'],
  'runner, competitor, roster, redis-supervisor, UsageError': [
    'Party',
    'party',
    'parties',
    'contender',
    'contenders',
    'crew',
    'minder',
    'poised',
    'Refusal',
  ],
  'eram_ack_job, eram_holds_lease, max_jobs': ['eram_settle', 'eram_leads'],
  'ERAM_ALREADY_RUNNING, ERAM_UNIQUE_CONFLICT, ERAM_CLAIM_LOST, ERAM_NOT_RUNNING': ['ERAM_CONFLICT', 'ERAM_STOPPED'],
  'EnqueueTarget, EnqueueObject, MessageInfo': ['WayOptions', 'OneObject', 'MessageFacts'],
}

const FILES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
  .split('\n')
  .filter((file) => /\.(js|cjs|ts|cts|rs|sql|md|json|yml|toml|sh)$/.test(file) && !EXEMPT.test(file))

/** Each line that matches, with its place. @param {string} file @param {RegExp} pattern @param {(text: string) => string} [prepare] */
function matches(file, pattern, prepare = (text) => text) {
  return prepare(read(file))
    .split('\n')
    .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.trim().slice(0, 120)}`] : []))
}

/** Code without comments and strings, line by line. @param {string} text */
const code = (text) =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|\s)(\/\/|--).*$/gm, '')
    .replace(/(['"`])(?:\\.|(?!\1)[^\\\n])*\1/g, "''")

describe('retired turns of phrase', () => {
  for (const phrase of PHRASES) {
    test(`${phrase.source} is in no file`, () => {
      assert.deepEqual(
        FILES.flatMap((file) => matches(file, phrase)),
        [],
      )
    })
  }
})

describe('retired words', () => {
  const sources = FILES.filter((file) => /\.(js|cjs|ts|cts|rs|sql)$/.test(file))
  for (const [term, words] of Object.entries(IDENTIFIERS)) {
    test(`are no identifiers: ${term}`, () => {
      const pattern = new RegExp(`\\b(${words.join('|')})\\b`)
      assert.deepEqual(
        sources.flatMap((file) => matches(file, pattern, code)),
        [],
      )
    })
  }
})

describe('the glossary', () => {
  const rows = read('docs/glossary.md')
    .split('\n')
    .filter((line) => /^\| (?!word |---)/.test(line))
    .map((line) => line.slice(2, -2).split(' | '))

  test('has about 35 to 70 words, each once, with its forms', () => {
    assert.ok(rows.length >= 35 && rows.length <= 70, String(rows.length))
    assert.equal(new Set(rows.map(([word]) => word)).size, rows.length)
    assert.deepEqual(
      rows.filter((cells) => cells.length !== 5),
      [],
    )
  })

  test('names forms that are in the code', () => {
    const places = [
      FILES.filter((file) => file.startsWith('migrations/') || file.startsWith('src/store/sql/')),
      FILES.filter((file) => /^src\/.*\.rs$/.test(file)),
      FILES.filter((file) => /^(lib|types)\/.*\.(js|ts)$/.test(file)),
    ].map((files) => files.map(read).join('\n'))
    const missing = rows.flatMap(([word = '', , ...forms]) =>
      forms.flatMap((form, i) =>
        [...form.matchAll(/`([^`]+)`/g)]
          .map(([, name = '']) => /[\w:]+(?=\W*$)/.exec(name.replace(/\(.*\)$/, ''))?.[0] ?? name)
          .filter((name) => !places[i]?.includes(name))
          .map((name) => `${word}: ${name}`),
      ),
    )
    assert.deepEqual(missing, [])
  })
})
