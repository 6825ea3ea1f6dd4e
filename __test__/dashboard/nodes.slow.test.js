// Several nodes in a real browser: a queue that is paused and scaled on each of them, and a leader that is killed while its jobs run.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withNodes } from '../crash/nodes.js'
import { until } from '../support/until.js'
import { onSchema, skip, texts, withDashboard } from './browser.js'
import { ENGINE, SlowJob, waiting } from './jobs.js'

describe('a queue of two nodes', { skip }, () => {
  test('is paused on one, then on all, scaled by keyboard, and stopped; each is in the audit trail', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        const { url, prefix } = schema
        /** What each of the nodes says of the queue; of running jobs the number. @param {'paused' | 'running' | 'limit'} what */
        const ofBoth = async (what) =>
          (await Promise.all([second, engine].map((each) => each.checkQueue('media')))).map((own) =>
            what === 'running' ? own?.running.length : own?.[what],
          )
        const second = await EramEngine.start({ ...ENGINE, name: 'second', node: 'web-2', url, prefix, logger: false, cron: false })
        try {
          await open('/queues/media')
          await page.locator('tr', { hasText: 'web-2' }).waitFor()
          await page.getByRole('button', { name: 'Pause web-2' }).click()
          await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).click()
          await page.locator('.heading .q-partly').waitFor()
          assert.deepEqual(await ofBoth('paused'), [true, false])
          await page.keyboard.press('p')
          await page.getByRole('dialog').getByRole('button', { name: 'Pause' }).press('Enter')
          await page.locator('.heading .q-paused').waitFor()
          await until(async () => assert.deepEqual(await ofBoth('paused'), [true, true]))
          await page.keyboard.press('p')
          // What was set for a node alone stays.
          await page.locator('.heading .q-partly').waitFor()
          await page.getByRole('button', { name: 'Resume web-2' }).click()
          await page.locator('.heading .q-running').waitFor()

          const limit = page.getByLabel('Limit of media on each node', { exact: true })
          const scale = async (/** @type {number} */ to) => {
            await limit.focus()
            await page.keyboard.press('Control+a')
            await page.keyboard.type(String(to))
            await until(async () => assert.deepEqual(await ofBoth('limit'), [to, to]))
          }
          for (let n = 0; n < 40; n += 1) await engine.enqueue(SlowJob, { key: `of two ${n}` })
          await until(async () => assert.deepEqual(await ofBoth('running'), [5, 5]))
          await scale(3)
          for (const { end } of [...waiting.values()]) end()
          await until(async () => assert.deepEqual([await ofBoth('running'), waiting.size], [[3, 3], 16]))
          await scale(20)
          await until(async () => assert.deepEqual([await engine.jobs.list({ state: 'available' }), waiting.size], [[], 40]))
          for (const { end } of waiting.values()) end()

          await page.getByRole('button', { name: 'Stop' }).click()
          await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click()
          await page.locator('.heading .q-unserved').waitFor()
          const entries = await schema.rows(`SELECT operation, result FROM eram_audit WHERE target = 'queue:media' ORDER BY id`)
          assert.deepEqual(
            entries.map(({ operation, result }) => `${operation} ${result}`),
            ['pause ok', 'pause ok', 'resume ok', 'resume ok', 'scale ok', 'scale ok', 'stopQueue ok'],
          )
        } finally {
          await second.stop({ grace: 0 })
        }
      },
      { engine: ENGINE },
    ))
})

test('a leader that was killed is silent, its jobs are orphans that say when they are rescued, another leads, and they are', { skip }, () =>
  withNodes(async ({ schema, start, enqueue, presumeDead }) => {
    const options = { queues: { default: 5 }, heartbeat_interval: 500 }
    const leader = async () => (await schema.rows('SELECT node FROM eram_peers WHERE expires_at > now()'))[0]?.node
    const killed = await start('web-1', options)
    await until(async () => assert.equal(await leader(), 'web-1'))
    const ids = await enqueue(Array(2).fill({ args: { hang: 'before' } }))
    await killed.waitForLog(ids, 'begun')
    await onSchema(
      schema,
      async ({ page, open }) => {
        await open('/nodes')
        await page.locator('tr', { hasText: 'web-1' }).locator('.leader').waitFor()
        await killed.kill()
        await presumeDead('web-1')
        await page.locator('tr', { hasText: 'web-1' }).getByText('silent').waitFor()
        await open(`/jobs/${ids[0]}`)
        const why = page.locator('.why-text')
        await until(async () => assert.match(await why.innerText(), /web-1/))
        assert.match(await why.innerText(), /rescue/i)
        const next = await start('web-2', options)
        await open('/nodes')
        await page.locator('tr', { hasText: 'web-2' }).locator('.leader').waitFor()
        // The engine of the dashboard has another name, and no leader of its own.
        assert.match(await page.locator('.heading').innerText(), /Leader:\s*web-2/)
        await next.waitForLog(ids, 'begun')
        await open(`/jobs/${ids[0]}`)
        await page.locator('.heading .s-completed').waitFor()
        assert.deepEqual(await texts(page, '.attempts .outcome'), ['completed', 'rescued'])
        const lease = async () => (await schema.rows('SELECT started_at FROM eram_peers'))[0]?.started_at
        const before = await lease()
        await open('/nodes/web-2')
        await page.getByRole('button', { name: 'Step down' }).click()
        await page.getByRole('dialog').getByRole('button', { name: 'Step down' }).click()
        await page.getByText('The leader has stepped down.').waitFor()
        await until(async () => assert.ok((await lease()) > before))
      },
      { engine: { node: 'dashboard', queues: {} } },
    )
  }),
)
