// Signs up at a running application (BASE_URL, DATABASE_URL), whose worker performs the jobs.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { pool } from '../lib/database.ts'

const { BASE_URL = 'http://localhost:3000' } = process.env
after(() => pool.end())

const post = (email: string) =>
  fetch(`${BASE_URL}/signups`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email }) })

/** The user, once the job has welcomed them. */
async function welcomed(email: string) {
  for (;;) {
    const { rows } = await pool.query('SELECT id FROM users WHERE email = $1 AND welcomed_at IS NOT NULL', [email])
    if (rows.length > 0) return rows[0].id as number
    await setTimeout(50)
  }
}

test('a user who signs up is welcomed by a job, in a thread of the worker', async () => {
  const email = `${randomUUID()}@example.com`
  const response = await post(email)
  assert.equal(response.status, 201)
  const { user, job } = (await response.json()) as { user: number; job: number }
  assert.equal(await welcomed(email), user)
  for (;;) {
    const { state, result } = (await (await fetch(`${BASE_URL}/signups/${job}`)).json()) as { state: string; result: object }
    if (state === 'completed') return assert.deepEqual(result, { isMainThread: false })
    await setTimeout(50)
  }
})

test('a sign-up that fails after the enqueue leaves neither a user nor a job', async () => {
  const count = async () => (await pool.query('SELECT count(*)::int FROM eram_jobs')).rows[0].count
  const before = await count()
  const email = randomUUID()
  assert.equal((await post(email)).status, 422)
  assert.deepEqual((await pool.query('SELECT id FROM users WHERE email = $1', [email])).rows, [])
  assert.equal(await count(), before)
})

test('the form of the page signs up with a server action', async () => {
  const email = `${randomUUID()}@example.com`
  const page = await (await fetch(BASE_URL)).text()
  const form = new FormData()
  for (const [, name = ''] of page.matchAll(/<input type="hidden" name="([^"]+)"/g)) form.set(name, '')
  form.set('email', email)
  const response = await fetch(BASE_URL, { method: 'POST', body: form })
  assert.equal(response.status, 200)
  await welcomed(email)
  assert.match(await (await fetch(BASE_URL)).text(), new RegExp(`${email}: welcomed`))
})

test('the engine of the web server answers probes and shows its metrics', async () => {
  assert.equal((await fetch(`${BASE_URL}/eram/ready?deep=1`)).status, 200)
  assert.equal((await fetch(`${BASE_URL}/eram/queues`)).status, 200)
  assert.match(await (await fetch(`${BASE_URL}/eram/metrics`)).text(), /^eram_database_up\{engine="default"\} 1$/m)
  assert.equal((await fetch(`${BASE_URL}/eram/other`)).status, 404)
})
