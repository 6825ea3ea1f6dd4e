// When clocks change: every change of 2026 and 2027 in four zones, against a computation of its own: minute by minute through the
// days, with what Intl says the clock on the wall shows. And what is made is what was foretold.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Africa/Casablanca']
const [FROM, UNTIL] = [Date.UTC(2026, 0, 1), Date.UTC(2028, 0, 1)]

// Fixed times come once a day; the others mean intervals.
const FIXED = ['30 2 * * *', '0 2 * * *', '0,45 1,2 * * *', '15 3 * * *', '59 23 * * *', '0 0 * * *', '45 1 * * SUN', '30 2 25-31 3,10 *']
const INTERVALS = ['0 * * * *', '*/15 1-3 * * *', '*/30 * * * *', '30 * * * *', '* 2 * * *', '10-50/20 0-23/2 * * SUN']

/** @typedef {{ minute: number, hour: number, day: number, month: number, weekday: number, date: string }} Wall */

/** What the clock on the wall shows, by Node's own time zone data. @param {string} zone @returns {(at: number) => Wall} */
function wallOf(zone) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts
    return { minute, hour, day, month, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay(), date: `${year}-${month}-${day}` }
  }
}

const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']

/** The values of a field, as simply as can be. @param {string} text @param {number} least @param {number} most */
function values(text, least, most) {
  return text.split(',').flatMap((item) => {
    const [range = '', step = '1'] = item.split('/')
    const words =
      range === '*' ? [least, most] : range.split('-').map((word) => (WEEKDAYS.includes(word) ? WEEKDAYS.indexOf(word) : Number(word)))
    const [first = 0, last = first] = words
    const all = []
    for (let value = first; value <= last; value += Number(step)) all.push(value)
    return all
  })
}

/** @param {string} expression */
function fieldsOf(expression) {
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = expression.split(' ')
  const read = {
    minutes: values(minute, 0, 59),
    hours: values(hour, 0, 23),
    days: values(day, 1, 31),
    months: values(month, 1, 12),
    weekdays: values(weekday, 0, 6),
  }
  const isDay = (/** @type {Wall} */ wall) =>
    read.days.includes(wall.day) && read.months.includes(wall.month) && read.weekdays.includes(wall.weekday)
  return { ...read, isDay }
}

/**
 * The instants of an expression from one instant to another, by walking through every minute.
 * @param {string} expression
 * @param {(at: number) => Wall} wall
 * @param {[number, number]} span
 */
function walk(expression, wall, [from, to]) {
  const { minutes, hours, isDay } = fieldsOf(expression)
  const fixed = FIXED.includes(expression)
  const times = new Set()
  /** Times of the day that have come. @type {Set<string>} */
  const come = new Set()
  const wanted = hours.flatMap((hour) => minutes.map((minute) => hour * 60 + minute))
  for (let at = from, before = wall(from - MINUTE); at < to; at += MINUTE) {
    const now = wall(at)
    const [shown, last] = [now.hour * 60 + now.minute, before.hour * 60 + before.minute]
    if (!fixed) {
      if (isDay(now) && wanted.includes(shown)) times.add(at)
    } else {
      // What the clock shows now, and what it has skipped since a minute ago (always within a day here).
      const skipped = now.date === before.date && shown > last + 1 ? wanted.filter((time) => time > last && time < shown) : []
      for (const time of [...skipped, ...wanted.filter((each) => each === shown)]) {
        const key = `${now.date} ${time}`
        if (isDay(now) && !come.has(key)) times.add(at)
        come.add(key)
      }
    }
    before = now
  }
  return [...times]
}

/** The instants around which the offset of a zone changes. @param {string} zone */
function changesOf(zone) {
  const wall = wallOf(zone)
  const offset = (/** @type {number} */ at) => {
    const { date, hour, minute } = wall(at)
    const [year = 0, month = 0, day = 0] = date.split('-').map(Number)
    return Date.UTC(year, month - 1, day, hour, minute) - at
  }
  const changes = []
  for (let at = FROM; at < UNTIL; at += DAY / 2) if (offset(at) !== offset(at + DAY / 2)) changes.push(at)
  return changes
}

describe('every change of 2026 and 2027', () => {
  for (const zone of ZONES) {
    const changes = changesOf(zone)
    test(`${zone}: ${changes.length} changes`, () =>
      withEngine({ queues: {} }, async ({ engine }) => {
        assert.equal(changes.length, 4)
        const wall = wallOf(zone)
        for (const change of changes) {
          // Whole days, so that a repeated time is seen for the first time.
          const [from, to] = [change - 2 * DAY, change + 2 * DAY]
          for (const expression of [...FIXED, ...INTERVALS]) {
            const expected = walk(expression, wall, [from, to]).filter((at) => at > from + DAY)
            const next = await engine.cron.next(expression, { timezone: zone, count: 3000, after: new Date(from + DAY) })
            const got = next.map(Number).filter((/** @type {number} */ at) => at < to)
            const shown = (/** @type {number[]} */ times) => times.map((at) => new Date(at).toISOString())
            assert.deepEqual(shown(got), shown(expected), `${expression} in ${zone} from ${new Date(from).toISOString()}`)
          }
        }
      }))
  }

  test('the guide has it right', () =>
    withEngine({ queues: {} }, async ({ engine }) => {
      const { read } = await import('../support/sources.js')
      const rows = [...read('docs/guides/cron.md').matchAll(/^\| `([^`]+)` \| ([\d:, ]+) \| ([\d:, ]+)(?:, the first)? \|$/gm)]
      assert.equal(rows.length, 3)
      const nights = [
        ['2026-03-28T23:30:00Z', '2026-03-29T02:30:00Z'],
        ['2026-10-24T22:30:00Z', '2026-10-25T02:30:00Z'],
      ]
      const time = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/Berlin', hour: '2-digit', minute: '2-digit' })
      for (const [, expression = '', ...expected] of rows) {
        for (const [i, [after = '', to = '']] of nights.entries()) {
          const next = await engine.cron.next(expression, { timezone: 'Europe/Berlin', count: 50, after })
          const shown = next.filter((/** @type {Date} */ at) => at < new Date(to)).map((/** @type {Date} */ at) => time.format(at))
          assert.equal(shown.join(', '), expected[i], `${expression}, night ${i}`)
        }
      }
    }))
})

test('what is made is what was foretold, and next_at says it', () =>
  withEngine({ queues: { default: 1 } }, async ({ engine, schema, recordEvents }) => {
    const received = recordEvents('cron:insert')
    for (const [i, expression] of ['30 2 * * *', '45 1 * * SUN', '0 2 29 3 *', '0,45 1,2 * * *'].entries()) {
      for (const timezone of ZONES) {
        const name = `${i} ${timezone}`
        const before = new Date(Date.now() - 400 * DAY)
        const times = (await engine.cron.next(expression, { timezone, count: 2000, after: before })).map(Number)
        const { next_at } = await engine.cron.insert({ schedule: expression, job: 'UnknownJob', name, timezone, guaranteed: true })
        const last = times.filter((/** @type {number} */ at) => at <= Date.now()).at(-1)
        const next =
          times.find((/** @type {number} */ at) => at > Date.now()) ?? (await engine.cron.next(expression, { timezone, count: 1 }))[0]
        assert.equal(Number(next_at), Number(next))
        await schema.rows(`UPDATE eram_crons SET since = $2 WHERE name = $1`, [name, before])
        await until(() => assert.ok(received.some((event) => event.name === name)))
        const [made] = received.filter((event) => event.name === name)
        assert.equal(Date.parse(made.at), last, name)
        const row = await schema.row('SELECT last_at, missed::int FROM eram_crons WHERE name = $1', [name])
        assert.deepEqual([Number(row.last_at), row.missed], [last, times.indexOf(Number(last))], name)
      }
    }
  }))
