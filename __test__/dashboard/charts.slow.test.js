// Charts in a real browser: their numbers are those of the jobs, also after the process that draws them was started again.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { withSchema } from '../support/database.js'
import { until } from '../support/until.js'
import { onSchema, skip, texts } from './browser.js'

/** @typedef {import('playwright-core').Page} Page */

/** More than a chart has series. */
const CLASSES = Array.from({ length: 15 }, (_, n) => {
  const made = class extends EramJob {
    /** @param {any} args */
    async perform({ fails, ms }) {
      if (ms) await new Promise((resolve) => setTimeout(resolve, ms))
      if (fails) throw new Error('no')
    }
  }
  Object.defineProperty(made, 'name', { value: `Class${n}` })
  made.register({ queue: n % 2 ? 'odd' : 'even', isolation: 'main', max_attempts: 1 })
  return made
})
const JOBS = 300

/** The sums of the columns of the chart's table, by title. @param {Page} page */
async function sums(page) {
  const heads = (await texts(page, '.chart-table th')).slice(1)
  const cells = await texts(page, '.chart-table td.num.right')
  return Object.fromEntries(
    heads.map((head, n) => [
      head,
      cells.reduce((sum, text, at) => sum + (at % heads.length === n ? Number(text.replace('–', '0')) : 0), 0),
    ]),
  )
}

/** @param {Page} page */
async function asTable(page) {
  await page.getByRole('button', { name: /Executed: table and CSV/ }).click()
  await page.getByRole('button', { name: 'View as table' }).click()
  await page.locator('.chart-table').waitFor()
}

/** @param {(node: EramEngine, schema: import('../support/database.js').Schema) => Promise<void>} scenario */
const withNode = (scenario) =>
  withSchema(async (schema) => {
    const { url, prefix } = schema
    const node = await EramEngine.start({ name: 'charts', node: 'node-1', url, prefix, logger: false, queues: { odd: 10, even: 10 } })
    try {
      await scenario(node, schema)
    } finally {
      await node.stop()
    }
  })

describe('charts', { skip }, () => {
  test('have what the jobs were, by state and by class with the others together, from a process that began later', () =>
    withNode(async (node, schema) => {
      /** Of runs, in milliseconds, by queue. @type {Record<string, number[]>} */
      const runs = { odd: [], even: [] }
      node.on('*', (/** @type {any} */ event) => {
        if (typeof event.run_ms === 'number') runs[event.job.queue]?.push(event.run_ms)
      })
      await node.enqueueAll(
        Array.from({ length: JOBS }, (_, n) => {
          // The first classes have more jobs than the last.
          const made = CLASSES[Math.min(n % 15, n % 11)]
          return /** @type {any} */ (made).new({ fails: n % 10 === 0, ms: n % 25 })
        }),
      )
      const counted = async () => {
        const { series } = await node.history({ metric: 'executed', group: 'state' })
        return Object.fromEntries(series.map(({ key, total }) => [key, total]))
      }
      await until(async () => assert.deepEqual(await counted(), { success: 270, discard: 30 }), { timeout: 40_000, interval: 500 })
      for (let times = 0; times < 2; times += 1) {
        await onSchema(
          schema,
          async ({ page, open, engine }) => {
            await open('/?w=15m')
            await asTable(page)
            assert.deepEqual(await sums(page), { success: 270, discard: 30 })

            await open('/?w=15m&g=worker')
            await asTable(page)
            const byClass = await schema.rows('SELECT worker, count(*)::int AS jobs FROM eram_jobs GROUP BY 1 ORDER BY 2 DESC, 1')
            const shown = await sums(page)
            const { Other: other = 0, ...own } = shown
            assert.equal(Object.keys(own).length, 9)
            for (const { worker, jobs } of byClass) if (worker in own) assert.equal(own[worker], jobs, worker)
            assert.equal(
              Object.values(own).reduce((sum, jobs) => sum + jobs, other),
              JOBS,
            )
            assert.ok(other > 0)

            await open('/?w=15m&g=queue')
            await page.locator('.plot canvas').first().waitFor()
            const { series } = await engine.history({ metric: 'run', group: 'queue', agg: 'p95', window: '15m' })
            const legend = await texts(page, '.charts .panel:nth-child(2) .legend li')
            assert.equal(legend.length, 2)
            for (const { key, total } of series) {
              const all = (runs[key] ?? []).sort((a, b) => a - b)
              const exact = all[Math.ceil(all.length * 0.95) - 1] ?? 0
              assert.ok(Math.abs(Number(total) - exact) <= 0.03 * exact + 0.5, `${key}: ${total}, not ${exact}`)
            }
          },
          { engine: { name: `viewer ${times}`, node: 'viewer' } },
        )
      }
    }))

  test('are zoomed into by dragging, which is in the URL, and read with the arrow keys', () =>
    withNode(async (node, schema) => {
      await node.enqueueAll(Array.from({ length: 20 }, () => /** @type {any} */ (CLASSES[0]).new({})))
      await until(async () => assert.equal((await node.history({ metric: 'executed' })).series[0]?.total, 20), { timeout: 40_000 })
      await onSchema(
        schema,
        async ({ page, open }) => {
          await open('/?w=15m')
          const chart = page.locator('.plot').first()
          await chart.locator('canvas').waitFor()
          const box = await chart.boundingBox()
          assert.ok(box)
          const at = (/** @type {number} */ share) => /** @type {const} */ ([box.x + box.width * share, box.y + box.height / 2])
          await page.mouse.move(...at(0.4))
          await page.mouse.down()
          await page.mouse.move(...at(0.7), { steps: 5 })
          await page.mouse.up()
          await until(() => assert.match(decodeURIComponent(page.url()), /w=[\d-]+T[\d:.]+Z\.\.[\d-]+T/))
          const [from = '', until_ = ''] = (new URL(page.url()).searchParams.get('w') ?? '').split('..')
          const span = (Date.parse(until_) - Date.parse(from)) / 60_000
          assert.ok(span > 2 && span < 8, `${span} minutes of 15`)
          await page.getByRole('button', { name: 'Back to the last hour' }).click()
          await until(() => assert.equal(new URL(page.url()).searchParams.get('w'), null))
          await page.goBack()
          await until(() => assert.equal(new URL(page.url()).searchParams.get('w'), `${from}..${until_}`))
          await open('/?w=15m')
          await page.locator('.plot canvas').first().waitFor()
          await chart.focus()
          /** @type {string[]} */
          const times = []
          for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft']) {
            await page.keyboard.press(key)
            await until(async () => assert.notEqual(await page.locator('.chart-at').first().innerText(), times.at(-1) ?? ''))
            times.push(await page.locator('.chart-at').first().innerText())
          }
          assert.equal(times[2], times[0])
        },
        { engine: { name: 'viewer', node: 'viewer' } },
      )
    }))
})
