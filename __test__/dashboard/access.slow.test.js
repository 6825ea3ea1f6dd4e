// Who sees which controls, what hostile data does, and what the server lets other pages do.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { SECURITY } from '../../integrations/web/headers.js'
import { operations, routesOf } from '../../lib/operations/index.js'
import { until } from '../support/until.js'
import { PAGES, shown, skip, takeProblems, texts, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE } from './jobs.js'

/** @typedef {import('../../index.js').EramEngine} EramEngine */

const WRITING = /^(Retry|Cancel|Delete|Edit|Clone|New job|Enqueue|Profile|Pause|Resume|Stop|Purge|Reset|Run now|Step down|Limit)\b/

/** @param {EramEngine} engine */
async function failedJob(engine) {
  const { id } = await engine.enqueue(EmailUserJob, { fails: 'no' }, { max_attempts: 1 })
  await until(async () => assert.equal((await engine.jobs.find(id))?.state, 'discarded'))
  return id
}

/** The names of the controls that change something. @param {import('playwright-core').Page} page */
const controls = async (page) => {
  const names = await page
    .locator('button, a.button, input, select')
    .evaluateAll((all) => all.map((each) => each.getAttribute('aria-label') ?? each.textContent ?? ''))
  return names.map((name) => name.trim()).filter((name) => WRITING.test(name))
}

describe('access', { skip }, () => {
  test('read-only: no page has a control that changes something, and each write is refused with its permission', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        const id = await failedJob(engine)
        for (const path of [...PAGES, `/jobs/${id}`]) {
          await open(path)
          await shown(page)
          assert.deepEqual(await controls(page), [], path)
        }
        await open('/jobs')
        assert.equal(await page.locator('[role=row] input[type=checkbox]').count(), 0)
        const before = await schema.rows('SELECT * FROM eram_jobs ORDER BY id')
        for (const { method, path, permission } of routesOf(operations).filter(({ reads }) => !reads)) {
          const filled = path.replace('{queue}', 'emails').replace('{id}', String(id)).replace('{name}', 'nightly-mail')
          const answer = await page.evaluate(
            async ([verb, to, which]) => {
              const body = verb === 'DELETE' ? {} : { body: JSON.stringify({ which }) }
              const response = await fetch(`api/v1${to}`, {
                method: String(verb),
                headers: { 'x-eram': '1', 'content-type': 'application/json' },
                ...body,
              })
              return [response.status, (await response.json()).error.permission]
            },
            [method, filled, id],
          )
          assert.deepEqual(answer, [403, permission], path)
        }
        assert.deepEqual(await schema.rows('SELECT * FROM eram_jobs ORDER BY id'), before)
      },
      { engine: ENGINE, web: { access: 'read-only' }, expected: /403 \(Forbidden\)/ },
    ))

  test('one permission: its control is offered, and no other', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const id = await failedJob(engine)
        await open(`/jobs/${id}`)
        await page.getByRole('button', { name: 'Retry' }).waitFor()
        assert.deepEqual(await controls(page), ['Retry'])
        for (const path of ['/queues', '/queues/emails', '/crons', '/jobs']) {
          await open(path)
          await shown(page)
          assert.deepEqual(await controls(page), [], path)
        }
        assert.equal(await page.locator('input[type=checkbox][aria-label^=Select]').count(), 0)
        await page.keyboard.press('Control+k')
        await page.keyboard.type('emails')
        await page
          .getByRole('option', { name: /emails/ })
          .first()
          .waitFor()
        assert.equal(await page.getByRole('option', { name: /pause/i }).count(), 0)
        const bulk = { action: 'delete', text: 'queue:emails', max_id: id }
        for (const [path, permission, body] of /** @type {[string, string, object][]} */ ([
          ['jobs/cancel', 'jobs:cancel', { which: id }],
          ['jobs/delete', 'jobs:delete', { which: id }],
          ['jobs/update', 'jobs:update', { which: id, changes: { priority: 1 } }],
          ['jobs/retry', 'jobs:bulk', { which: { queue: 'emails' } }],
          ['jobs/bulk', 'jobs:bulk', bulk],
          ['queues/emails/pause', 'queues:pause', {}],
        ])) {
          const answer = await page.evaluate(
            async ([to, text]) => {
              const headers = { 'x-eram': '1', 'content-type': 'application/json' }
              const response = await fetch(`api/v1/${to}`, { method: 'POST', headers, body: String(text) })
              return [response.status, (await response.json()).error.permission]
            },
            [path, JSON.stringify(body)],
          )
          assert.deepEqual(answer, [403, permission], path)
        }
        assert.equal((await engine.jobs.find(id))?.state, 'discarded')
      },
      { engine: ENGINE, web: { access: () => ({ 'jobs:retry': true }) }, expected: /403 \(Forbidden\)/ },
    ))

  test('without jobs:view_payload, a job shows neither args nor errors', () =>
    withDashboard(
      async ({ page, open, engine }) => {
        const { id } = await engine.enqueue(EmailUserJob, { secret: 'tomato' }, { schedule_in: 3600 })
        await open(`/jobs/${id}`)
        await page.getByText('you need the permission jobs:view_payload').waitFor()
        await open('/jobs')
        await page.locator('[role=row][data-id]').first().waitFor()
        assert.doesNotMatch(await page.content(), /tomato/)
      },
      { engine: ENGINE, web: { access: () => ({ view: true, 'jobs:view_payload': false }) } },
    ))

  test('without a user, pages are 401 and say so, and scripts are sent', () =>
    withDashboard(
      async ({ page, url }) => {
        const response = await page.goto(`${url}/jobs`)
        assert.equal(response?.status(), 401)
        assert.match(await page.innerText('body'), /You are not signed in/)
      },
      { web: { access: (user) => (user ? 'all' : 'deny') }, expected: /401 \(Unauthorized\)|favicon/ },
    ))
})

test('a page of another origin changes nothing, and the same from the dashboard works', { skip }, () =>
  withDashboard(
    async ({ page, open, url, engine }) => {
      const { id } = await engine.enqueue(EmailUserJob, {}, { schedule_in: 3600 })
      const evil = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<h1>evil</h1>'))
      await new Promise((resolve) => evil.listen(0, '127.0.0.1', () => resolve(undefined)))
      try {
        const { port } = /** @type {import('node:net').AddressInfo} */ (evil.address())
        for (const host of ['127.0.0.1', 'localhost']) {
          await page.goto(`http://${host}:${port}/`)
          for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
            await page.evaluate(
              async ([action, enctype, which]) => {
                const frame = Object.assign(document.createElement('iframe'), { name: 'target' })
                const form = Object.assign(document.createElement('form'), { method: 'post', action, enctype, target: 'target' })
                form.append(Object.assign(document.createElement('input'), { name: `{"which":${which},"x":"`, value: '"}' }))
                document.body.append(frame, form)
                const loaded = new Promise((resolve) => frame.addEventListener('load', resolve))
                form.submit()
                await loaded
                frame.remove()
              },
              [`${url}/api/v1/jobs/cancel`, type, String(id)],
            )
          }
          for (const headers of [{ 'content-type': 'text/plain' }, { 'content-type': 'application/json', 'x-eram': '1' }]) {
            const sent = await page.evaluate(
              ([to, given, which]) =>
                fetch(String(to), {
                  method: 'POST',
                  credentials: 'include',
                  headers: /** @type {any} */ (given),
                  body: `{"which":${which}}`,
                }).then(
                  () => true,
                  () => false,
                ),
              /** @type {const} */ ([`${url}/api/v1/jobs/cancel`, headers, String(id)]),
            )
            assert.equal(sent, false)
          }
        }
      } finally {
        evil.closeAllConnections()
        evil.close()
      }
      assert.equal((await engine.jobs.find(id))?.state, 'scheduled')
      takeProblems()
      await open(`/jobs/${id}`)
      await page.getByRole('button', { name: 'Cancel', exact: true }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Cancel', exact: true }).click()
      await until(async () => assert.equal((await engine.jobs.find(id))?.state, 'cancelled'))
    },
    { engine: ENGINE },
  ),
)

const HOSTILE = ['<img src=x onerror=window.__pwned=1>', '"><script>window.__pwned=1</script>', '\u202Ereversed', 'foo/bar.baz', 'a\'b"c`']

test('hostile names, args and errors are shown as they are, and run nothing', { skip }, () =>
  withDashboard(
    async ({ page, open, url, engine }) => {
      const ids = []
      for (const text of HOSTILE) {
        const args = { [text]: text, nested: [{ [text]: [text] }], long: 'x'.repeat(65_536), big: 1 }
        ids.push((await engine.enqueue(text, args, { queue: text.slice(0, 60), tags: [text], meta: { [text]: text } })).id)
      }
      const { id } = await engine.enqueue(EmailUserJob, { fails: HOSTILE[0], cause: HOSTILE[1], log: HOSTILE[1] }, { max_attempts: 1 })
      await until(async () => assert.equal((await engine.jobs.find(id))?.state, 'discarded'))
      const response = await page.goto(`${url}/jobs`)
      assert.equal(response?.headers()['content-security-policy'], SECURITY['content-security-policy'])
      await page.locator('[role=row][data-id]').nth(5).waitFor()
      const names = await texts(page, '.job-name a')
      for (const text of HOSTILE) assert.ok(names.includes(text), text)
      const box = page.locator('[data-search]')
      for (const typed of ['queue:', 'worker:~<img', `worker:${JSON.stringify(HOSTILE[0])}`]) {
        await box.fill(typed)
        await page.locator('.suggestions').waitFor({ state: 'attached' })
      }
      await box.fill('')
      for (const path of [
        '/',
        '/jobs/failures',
        '/queues',
        '/nodes',
        ...HOSTILE.map((text) => `/queues/${encodeURIComponent(text.slice(0, 60))}`),
        ...[...ids, id].map((each) => `/jobs/${each}`),
      ]) {
        await open(path)
        await shown(page)
      }
      await page.getByText(String(HOSTILE[0])).first().waitFor()
      await page.keyboard.press('Control+k')
      await page.keyboard.type('img')
      await page
        .getByRole('option', { name: /onerror/ })
        .first()
        .waitFor()
      assert.equal(await page.locator('img').count(), 0)
    },
    { engine: { ...ENGINE, queues: { ...ENGINE.queues, emails: { limit: 5, store_logs: true } } } },
  ),
)
