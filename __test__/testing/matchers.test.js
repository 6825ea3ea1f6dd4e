// The matchers for expect() of jest and vitest, called as both call them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defineJob } from '../../index.js'
import { fake, matchers, performJob } from '../../testing.js'

const Mail = defineJob('MatchedMail', { queue: 'mails', max_attempts: 2 }, async (args, ctx) => {
  if (args.fails) throw new Error('no such address')
  if (args.ends) return /** @type {any} */ (ctx)[args.ends](args.ends === 'snooze' ? 60 : 'not needed')
  await ctx.enqueue('MatchedMail', { to: 'next' })
})

/** A matcher as expect() calls it. @param {keyof typeof matchers} name @param {any[]} args */
async function matched(name, ...args) {
  const { pass, message } = await /** @type {any} */ (matchers)[name](...args)
  return pass || message()
}

describe('toHaveEnqueued', () => {
  test('looks at what performJob gave, and at a fake', async () => {
    const done = await performJob(Mail, { to: 'a' })
    const jobs = fake()
    await Mail.enqueue({ to: 'next' })
    jobs.restore()
    for (const received of [done, jobs]) {
      assert.equal(await matched('toHaveEnqueued', received, Mail, { to: 'next' }), true)
      assert.equal(await matched('toHaveEnqueued', received, { worker: Mail, queue: 'mails', count: 1 }), true)
      assert.match(
        String(await matched('toHaveEnqueued', received, Mail, { to: 'b' })),
        /^assertEnqueued: expected a job MatchedMail .*\n {2}#\d+ MatchedMail {2}args\.to: expected "b", got "next"$/,
      )
    }
  })

  test('with .not says what it found', async () => {
    const done = await performJob(Mail, { to: 'a' })
    const not = matchers.toHaveEnqueued.bind({ isNot: true })
    assert.equal((await not(done, Mail, { to: 'b' })).pass, false)
    const { pass, message } = await not(done, Mail)
    assert.equal(pass, true)
    assert.match(message(), /^refuteEnqueued: expected no job MatchedMail, got 1/)
  })
})

describe('of an attempt', () => {
  test('say what became of it', async () => {
    const failed = await performJob(Mail, { fails: true }, { throws: false })
    assert.equal(await matched('toBeRetried', failed), true)
    assert.equal(await matched('toBeRetried', failed, { delay: 17 }), true)
    assert.equal(await matched('toBeRetried', failed, { delay: (/** @type {number} */ delay) => delay > 10 }), true)
    assert.equal(await matched('toBeRetried', failed, { delay: 5 }), 'toBeRetried: an attempt: delay: expected 5, got 17 (no such address)')
    assert.equal(
      await matched('toHaveCompleted', failed),
      'toHaveCompleted: an attempt: state: expected "completed", got "retryable" (no such address)',
    )
    assert.equal(await matched('toBeDiscarded', await performJob(Mail, { fails: true }, { attempt: 2, throws: false })), true)
    assert.equal(await matched('toHaveCompleted', await performJob(Mail, {})), true)
    assert.equal(await matched('toBeSnoozed', await performJob(Mail, { ends: 'snooze' }), { delay: 60 }), true)
    assert.equal(await matched('toBeCancelled', await performJob(Mail, { ends: 'cancel' }), { reason: /needed/ }), true)
    assert.equal(await matched('toBeDiscarded', await performJob(Mail, { ends: 'discard' }), { reason: 'not needed' }), true)
  })

  test('refuse anything else', async () => {
    assert.equal(await matched('toHaveCompleted', 3), 'toHaveCompleted: expected a job, or what performJob() gave, got 3')
  })
})

test('a job is looked up again', async () => {
  const jobs = fake()
  try {
    const done = await Mail.enqueue({ to: 'a' })
    const failed = await Mail.enqueue({ fails: true })
    assert.equal(
      await matched('toHaveCompleted', done),
      `toHaveCompleted: #${done.id} MatchedMail: state: expected "completed", got "available"`,
    )
    await jobs.perform({ with_recursion: false })
    assert.equal(await matched('toHaveCompleted', done), true)
    assert.equal(await matched('toBeRetried', failed, { delay: 17 }), true)
  } finally {
    jobs.restore()
  }
})
