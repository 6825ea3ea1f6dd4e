// What others put on eram_jobs keeps jobs from being stored, hides them, or changes them: each enqueue says so, and none hangs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { sql, withSchema } from '../support/database.js'

/** @param {string} name @param {string} body */
const trigger = (name, body) => `
  CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} END $$;
  CREATE TRIGGER ${name} BEFORE INSERT ON eram_jobs FOR EACH ROW EXECUTE FUNCTION ${name}()`

const MUTED = trigger('muted', `IF NEW.args->>'to' LIKE '%@example.com' THEN RETURN NULL; END IF; RETURN NEW;`)

/** @param {string} to @param {object} [options] */
const mail = (to, options) => ({ worker: 'Mail', args: { to }, ...options })

/** The ways in of a list of drafts. @param {import('../support/database.js').Schema} schema @param {any} engine */
async function waysIn({ url, prefix }, engine) {
  const { client, end } = await sql(url, prefix)
  return {
    client,
    end,
    /** @type {Record<string, (drafts: any[]) => Promise<any>>} */
    ways: {
      'in SQL': (drafts) => client.query('SELECT eram_enqueue($1)', [JSON.stringify(drafts)]),
      'in a transaction': async (drafts) => {
        await client.query('BEGIN')
        try {
          return await engine.enqueueAll(drafts, { tx: client })
        } finally {
          await client.query('COMMIT')
        }
      },
      'by an engine': (drafts) => engine.enqueueAll(drafts),
    },
  }
}

/** @param {(schema: import('../support/database.js').Schema, engine: any, ways: Awaited<ReturnType<typeof waysIn>>) => Promise<void>} check */
const withEngine = (check) =>
  withSchema(async (schema) => {
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, logger: false })
    const ways = await waysIn(schema, engine)
    try {
      await check(schema, engine, ways)
    } finally {
      await ways.end()
      await engine.stop()
    }
  })

test('a trigger that skips jobs is an error that names it and the jobs, and stores none', () =>
  withEngine(async ({ rows }, engine, { ways }) => {
    await rows(MUTED)
    const drafts = [mail('x@example.com'), mail('ada@real.org'), mail('y@example.com')]
    for (const [way, enqueue] of Object.entries(ways)) {
      await assert.rejects(
        enqueue(drafts),
        /expected a row for each draft, got 1 of 3 \(none for jobs\[0, 2\]\); nothing is stored.*the trigger muted/,
        way,
      )
      await assert.rejects(enqueue([drafts[0]]), /expected a row for each draft, got 0 of 1 \(none for jobs\[0\]\); nothing is stored/, way)
      assert.deepEqual(await rows('SELECT id FROM eram_jobs'), [], way)
    }
    const each = await Promise.allSettled(drafts.map(({ worker, args }) => engine.enqueue(worker, args)))
    assert.deepEqual(
      each.map(({ status }) => status),
      ['rejected', 'fulfilled', 'rejected'],
    )
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { to: 'ada@real.org' } }])
  }))

test('a trigger that skips some jobs beside unique ones is the same error', () =>
  withEngine(async ({ rows }, _engine, { ways }) => {
    await rows(MUTED)
    for (const [way, enqueue] of Object.entries(ways)) {
      const drafts = [mail('a@real.org', { unique: true }), mail('b@real.org'), mail('x@example.com')]
      await assert.rejects(enqueue(drafts), /for each draft, got 2 of 3 \(none for jobs\[2\]\)/, way)
      assert.deepEqual(await rows('SELECT id FROM eram_jobs'), [], way)
    }
  }))

test('a unique job that is neither stored nor found is an error', () =>
  withEngine(async ({ rows }, _engine, { ways }) => {
    await rows(MUTED)
    for (const [way, enqueue] of Object.entries(ways)) {
      for (const unique of [true, { period: 60 }, { period: 60, window: 'sliding' }, { replace: ['args'] }]) {
        await assert.rejects(
          enqueue([mail('x@example.com', { unique })]),
          /neither in 20 rounds; nothing is stored.*the trigger muted/,
          way,
        )
      }
    }
  }))

test('a trigger that changes the unique key, or keeps an existing job from being replaced, is an error', () =>
  withEngine(async ({ rows }, _engine, { ways: { 'by an engine': enqueue = async () => {} } }) => {
    await enqueue([mail('a@real.org', { unique: true })])
    await rows(trigger('same_key', `NEW.unique_key := (SELECT j.unique_key FROM eram_jobs AS j LIMIT 1); RETURN NEW;`))
    await rows('ALTER FUNCTION same_key() SET search_path FROM CURRENT')
    await assert.rejects(enqueue([mail('b@real.org', { unique: true })]), /neither in 20 rounds.*the trigger same_key/)
    await rows('DROP TRIGGER same_key ON eram_jobs')
    await rows(trigger('frozen', 'RETURN NULL;').replace('BEFORE INSERT', 'BEFORE UPDATE'))
    await assert.rejects(
      enqueue([mail('a@real.org', { unique: { period: Infinity, replace: ['priority'] } })]),
      /neither in 20 rounds.*the trigger frozen/,
    )
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { to: 'a@real.org' } }])
  }))

test('a trigger that changes a job is reported as it is stored', () =>
  withEngine(async ({ rows }, _engine, { ways }) => {
    await rows(
      trigger('moved', `NEW.worker := 'Other'; NEW.queue := 'slow'; NEW.state := 'suspended'; NEW.id := NEW.id + 1000; RETURN NEW;`),
    )
    for (const way of /** @type {const} */ (['in a transaction', 'by an engine'])) {
      for (const unique of [false, true]) {
        const [job] = (await ways[way]?.([mail(`${way} ${unique}`, { unique })])) ?? []
        const [stored] = await rows(`SELECT id::int, worker, queue, state FROM eram_jobs WHERE args->>'to' = $1`, [`${way} ${unique}`])
        assert.deepEqual({ id: job.id, worker: job.worker, queue: job.queue, state: job.state }, stored)
        assert.equal(stored.worker, 'Other')
      }
    }
  }))

test('a rule that stores nothing is an error', () =>
  withEngine(async ({ rows }, _engine, { ways }) => {
    await rows('CREATE RULE nothing AS ON INSERT TO eram_jobs DO INSTEAD NOTHING')
    for (const [way, enqueue] of Object.entries(ways)) {
      await assert.rejects(enqueue([mail('a@real.org')]), /INSERT RETURNING/, way)
      await assert.rejects(enqueue([mail('a@real.org', { unique: true })]), /INSERT RETURNING|rules/, way)
    }
  }))

test('a unique job that row-level security hides is an error that says so', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const role = `low_${prefix}`
    await rows(`CREATE ROLE ${role}; GRANT USAGE ON SCHEMA ${prefix} TO ${role}; GRANT ALL ON ALL TABLES IN SCHEMA ${prefix} TO ${role};
      ALTER TABLE eram_jobs ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON eram_jobs FOR SELECT TO ${role} USING (tags @> '{mine}');
      CREATE POLICY new ON eram_jobs FOR INSERT TO ${role} WITH CHECK (true)`)
    const { client, end } = await sql(url, prefix)
    try {
      await client.query('SELECT eram_enqueue($1)', [JSON.stringify(mail('a', { unique: true }))])
      await client.query(`SET ROLE ${role}`)
      const enqueue = (/** @type {object} */ draft) => client.query('SELECT eram_enqueue($1)', [JSON.stringify(draft)])
      await assert.rejects(
        enqueue(mail('a', { unique: true, tags: ['mine'] })),
        /neither in 20 rounds; nothing is stored.*row-level security for the role/,
      )
      await assert.rejects(enqueue(mail('b')), { code: '42501' })
      await enqueue(mail('c', { tags: ['mine'], unique: true }))
    } finally {
      await end()
      await rows(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    }
  }))
