// A job is there after the commit, and only then.
import assert from 'node:assert/strict'
import { EramEngine } from '../../../index.js'
import { emails, Signup, Undo } from './signup.js'

/** @typedef {import('../transactions.js').Scenario} Scenario */

/** @param {Scenario} scenario */
export function commits(scenario) {
  scenario('a job is there after the commit and not before', async ({ transaction }, schema, prefix) => {
    await transaction(async (tx) => {
      const job = await Signup.enqueue({ email: 'a@b.c' }, { tx, ...prefix })
      assert.deepEqual(
        { ...job, id: typeof job.id, inserted_at: job.inserted_at instanceof Date, scheduled_at: job.scheduled_at instanceof Date },
        {
          id: 'number',
          worker: 'Signup',
          queue: 'signups',
          args: { email: 'a@b.c' },
          state: 'available',
          conflict: false,
          inserted_at: true,
          scheduled_at: true,
        },
      )
      assert.deepEqual(await emails(schema), [])
    })
    assert.deepEqual(await schema.rows('SELECT worker, queue, args, tags, priority FROM eram_jobs'), [
      { worker: 'Signup', queue: 'signups', args: { email: 'a@b.c' }, tags: ['mail'], priority: 2 },
    ])
  })

  scenario('a rollback removes the job', async ({ transaction }, schema, prefix) => {
    const undone = transaction(async (tx) => {
      await Signup.enqueue({ email: 'a@b.c' }, { tx, ...prefix })
      throw new Undo()
    })
    await assert.rejects(undone, Undo)
    assert.deepEqual(await emails(schema), [])
  })

  scenario('rolling back to a savepoint removes only its own jobs', async ({ transaction, savepoint }, schema, prefix) => {
    await transaction(async (tx) => {
      await Signup.enqueue({ email: 'kept' }, { tx, ...prefix })
      const undone = savepoint(tx, async (inner) => {
        await Signup.enqueue({ email: 'undone' }, { tx: inner, ...prefix })
        throw new Undo()
      })
      await assert.rejects(undone, Undo)
    })
    assert.deepEqual(await emails(schema), ['kept'])
  })

  scenario('transactions side by side do not affect each other', async ({ transaction }, schema, prefix) => {
    const both = await Promise.allSettled(
      ['kept', 'undone'].map((email) =>
        transaction((tx) =>
          EramEngine.withTransaction(
            tx,
            async () => {
              for (let i = 0; i < 3; i++) await Signup.enqueue({ email })
              if (email === 'undone') throw new Undo()
            },
            prefix,
          ),
        ),
      ),
    )
    assert.deepEqual(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    )
    assert.deepEqual(await emails(schema), ['kept', 'kept', 'kept'])
  })

  scenario('many jobs go in one call and keep their order', async ({ transaction }, schema, prefix) => {
    const drafts = Array.from({ length: 2500 }, (_, i) => Signup.new({ email: String(i) }))
    await transaction(async (tx) => {
      const jobs = await EramEngine.enqueueAll(drafts, { tx, ...prefix })
      assert.deepEqual(
        jobs.map((job) => job.args),
        drafts.map((draft) => draft.args),
      )
    })
    assert.deepEqual(
      await emails(schema),
      drafts.map((draft) => draft.args.email),
    )
  })
}
