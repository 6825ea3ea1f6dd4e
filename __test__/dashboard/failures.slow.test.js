// What a page shows when a statement is too slow, a session has ended, the server was deployed anew, or a schema does not fit.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eramjs } from '../support/cli.js'
import { sql, withSchema } from '../support/database.js'
import { until } from '../support/until.js'
import { rowIds, skip, withDashboard } from './browser.js'
import { EmailUserJob, ENGINE } from './jobs.js'

describe('a page', { skip }, () => {
  test('whose search takes too long says so, names the statement, and can be narrowed or widened', () =>
    withDashboard(
      async ({ page, open, engine, schema }) => {
        const { id } = await engine.enqueue(EmailUserJob, {}, { schedule_in: 3600 })
        await open('/jobs')
        await until(async () => assert.deepEqual(await rowIds(page), [id]))
        const other = await sql(schema.url, schema.prefix)
        try {
          await other.rows('BEGIN')
          await other.rows('LOCK TABLE eram_jobs')
          await page.locator('[data-search]').fill('state:scheduled error:~x')
          await page.keyboard.press('Enter')
          assert.match(await page.getByRole('alert').innerText(), /search_jobs was too slow/)
        } finally {
          await other.rows('ROLLBACK')
          await other.end()
        }
        await page.getByRole('button', { name: 'Remove error:~x' }).click()
        await until(async () => assert.deepEqual(await rowIds(page), [id]))
        assert.equal(await page.getByRole('alert').count(), 0)
      },
      { web: { limits: { list: 100, count: 100, keep: 0 } }, expected: /504 \(Gateway Timeout\)/ },
    ))

  test('whose session has ended says so, keeps what it shows, and changes nothing', () => {
    let isSignedIn = true
    return withDashboard(
      async ({ page, open, engine }) => {
        const { id } = await engine.enqueue(EmailUserJob, {}, { schedule_in: 3600 })
        await open(`/jobs/${id}`)
        const button = page.getByRole('button', { name: 'Run now' })
        await button.waitFor()
        isSignedIn = false
        await button.click()
        await page
          .getByText(/session has expired/i)
          .first()
          .waitFor()
        await page.getByRole('heading', { level: 1, name: `EmailUserJob #${id}` }).waitFor()
        assert.equal((await engine.jobs.find(id))?.state, 'scheduled')
      },
      { engine: ENGINE, web: { access: () => (isSignedIn ? 'all' : 'deny') }, expected: /401 \(Unauthorized\)/ },
    )
  })

  test('loads itself anew, once, when a part of it is that of another build', () =>
    withDashboard(
      async ({ page, open, url }) => {
        await open('/jobs')
        let gone = 0
        await page.route(/assets\/queues[^/]*\.js/, (route) => {
          gone += 1
          return gone === 1 ? route.fulfill({ status: 404 }) : route.continue()
        })
        await page.getByRole('link', { name: 'Queues' }).first().click()
        await page.getByRole('link', { name: 'emails' }).first().waitFor()
        assert.equal(gone, 2)
        const old = await fetch(`${url}/assets/queues-00000000.js`)
        assert.deepEqual([old.status, /immutable/.test(old.headers.get('cache-control') ?? '')], [404, false])
      },
      { engine: ENGINE, expected: /404 \(Not Found\)|Failed to fetch dynamically imported module/ },
    ))
})

describe('npx eramjs web', () => {
  test('on a schema that is not there, or older, says which command makes it fit', async () => {
    const none = await eramjs(['web', '--port', '0', '--prefix', 'not_there'])
    assert.notEqual(none.code, 0)
    assert.match(none.err, /eramjs migrate/)
    await withSchema(async ({ url, prefix }) => {
      await eramjs(['rollback', '--to', '8', '--prefix', prefix, '--yes'], { env: { DATABASE_URL: url } })
      const older = await eramjs(['web', '--port', '0', '--prefix', prefix], { env: { DATABASE_URL: url } })
      assert.notEqual(older.code, 0)
      assert.match(older.err, /eramjs migrate/)
    })
  })
})
