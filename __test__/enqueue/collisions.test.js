// Deadlocks and serialization failures undo the engine's statements: the engine repeats them, no job is lost or run twice, and
// callers get no error.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withJournal } from '../crash/journal.js'
import { JournalJob } from '../crash/programs/journal.js'
import { sql, until, withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const JOBS = 2000
const QUEUES = { journal: { limit: 20, poll_interval: 50 } }

/**
 * Every job has been done once, and nothing else was recorded of it.
 * @param {Schema} schema
 * @param {() => Promise<{ job: number }[]>} entries
 * @param {number} count
 */
async function allOnce({ rows, row }, entries, count) {
  await until(async () => assert.equal((await row(`SELECT count(*)::int AS done FROM eram_jobs WHERE state = 'completed'`)).done, count), {
    timeout: 60_000,
    interval: 100,
  })
  assert.deepEqual(await rows(`SELECT id FROM eram_jobs WHERE attempt <> 1 OR errors <> '{}' OR meta <> '{}'`), [])
  const done = (await entries()).map(({ job }) => job)
  assert.deepEqual([done.length, new Set(done).size], [count, count])
}

test('the engine repeats each of its statements that a collision undid', (t) =>
  withJournal(({ file, entries }) =>
    withSchema(async (schema) => {
      const { url, prefix, rows } = schema
      // Of each kind of statement every fourth is undone, after it has done its work or, an ack of several claims, a part of it.
      // Sequences count those that were undone, too.
      await rows(`
        CREATE FUNCTION collide() RETURNS trigger LANGUAGE plpgsql SET search_path = ${prefix} AS $$
        DECLARE
          kind text := TG_ARGV[0];
        BEGIN
          IF kind = 'update' THEN
            SELECT CASE WHEN n.state = 'executing' THEN 'fetch' WHEN o.state = 'executing' THEN 'ack' ELSE 'stage' END
            INTO kind FROM old_rows AS o JOIN new_rows AS n USING (id) LIMIT 1;
          END IF;
          IF kind IS NULL OR current_setting('collide.judged', true) = kind || txid_current() THEN
            RETURN NULL;
          END IF;
          PERFORM set_config('collide.judged', kind || txid_current(), true);
          IF nextval('tries_' || kind) % 4 = 0 THEN
            RAISE EXCEPTION 'a collision' USING ERRCODE = CASE WHEN random() < 0.5 THEN '40001' ELSE '40P01' END;
          END IF;
          RETURN NULL;
        END $$`)
      for (const kind of ['insert', 'fetch', 'ack', 'stage', 'beat']) await rows(`CREATE SEQUENCE tries_${kind}`)
      await rows(`CREATE TRIGGER collide_insert AFTER INSERT ON eram_jobs FOR EACH STATEMENT EXECUTE FUNCTION collide('insert')`)
      await rows(`CREATE TRIGGER collide_update AFTER UPDATE ON eram_jobs REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                  FOR EACH STATEMENT EXECUTE FUNCTION collide('update')`)
      await rows(`CREATE TRIGGER collide_beat AFTER UPDATE ON eram_producers FOR EACH STATEMENT EXECUTE FUNCTION collide('beat')`)
      const engine = await EramEngine.start({ url, prefix, queues: QUEUES, heartbeat_interval: 100, logger: false })
      try {
        /** @type {any[]} */
        const events = []
        engine.on('*', (event) => events.push(event))
        const draft = (/** @type {number} */ i) => JournalJob.new({ file }, i % 4 === 0 ? { schedule_in: 1 + (i % 20) / 10 } : {})
        // One by one, and in a transaction of several statements.
        for (let i = 0; i < JOBS / 2; i += 20) {
          await Promise.all(Array.from({ length: 20 }, (_, k) => engine.enqueueAll([draft(i + k)])))
        }
        await engine.enqueueAll(Array.from({ length: JOBS / 2 + 1500 }, (_, i) => draft(i)))
        const count = JOBS + 1500
        await allOnce(schema, entries, count)
        for (const kind of ['insert', 'fetch', 'ack', 'stage', 'beat']) {
          const [{ tries }] = await rows(`SELECT last_value::int AS tries FROM tries_${kind}`)
          t.diagnostic(`${kind}: ${tries} statements, a fourth of them undone`)
          assert.ok(tries > 8, `${kind}: ${tries}`)
        }
        assert.deepEqual(
          events.filter(({ event }) => /^(job:lost|job:rescued|job:exception|producer:lost|thread:exit)$/.test(event)),
          [],
        )
        assert.equal(events.filter(({ event }) => event === 'job:stop').length, count)
      } finally {
        await engine.stop({ grace: 0 })
      }
    }),
  ))

test('where every transaction is serializable, and others lock the same rows in another order', (t) =>
  withJournal(({ file, entries }) =>
    withSchema(async (schema) => {
      const { prefix } = schema
      const url = new URL(schema.url)
      url.search = '?options=-c%20default_transaction_isolation%3Dserializable%20-c%20deadlock_timeout%3D10ms'
      const engines = await Promise.all(
        ['a', 'b'].map((name) => EramEngine.start({ name, node: name, url: url.href, prefix, queues: QUEUES, logger: false })),
      )
      let ended = false
      let [collisions, transactions] = [0, 0]
      const disturb = async () => {
        const { rows, end } = await sql(url.href, prefix)
        await rows(`SET search_path = ${prefix}`)
        while (!ended) {
          try {
            await rows('BEGIN')
            const ids = await rows(`SELECT id FROM eram_jobs WHERE state IN ('available', 'executing') ORDER BY random() LIMIT 3`)
            for (const { id } of ids) await rows('UPDATE eram_jobs SET priority = priority WHERE id = $1', [id])
            await rows('COMMIT')
            transactions += 1
          } catch (error) {
            assert.match(String(/** @type {{ code?: string }} */ (error).code), /^(40001|40P01)$/)
            collisions += 1
            await rows('ROLLBACK')
          }
        }
        await end()
      }
      const disturbers = Promise.all([disturb(), disturb(), disturb()])
      try {
        const [a, b] = engines
        for (let i = 0; i < JOBS; i += 100) {
          await Promise.all(Array.from({ length: 100 }, (_, k) => (k % 2 ? a : b)?.enqueue(JournalJob, { file, ms: 1 })))
        }
        await allOnce(schema, entries, JOBS)
      } finally {
        ended = true
        await disturbers
        await Promise.all(engines.map((engine) => engine.stop({ grace: 0 })))
      }
      t.diagnostic(`${transactions} transactions of others, of which ${collisions} gave way`)
      assert.ok(collisions > 0)
    }),
  ))
