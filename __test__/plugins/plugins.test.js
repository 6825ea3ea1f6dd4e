// Plugins of the application tick where and when they said, and what they do wrong stays their own affair.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { EramEngine, EramError } from '../../index.js'
import { startNode } from '../crash/nodes.js'
import { until, withSchema } from '../support/database.js'
import { LIBRARIES, project, snippets, TSCONFIG } from '../support/snippets.js'

/** @typedef {import('../../index.js').PluginContext} PluginContext */
/** @typedef {import('../../index.js').StartOptions} StartOptions */
/** @typedef {{ engine: EramEngine, received: (kind: string, plugin?: string) => any[], schema: import('../support/database.js').Schema }} Harness */

const PROGRAM = path.join(import.meta.dirname, '../crash/programs/plugins.js')
const LEADS = { name: 'Led', interval: '1 hour' }

let count = 0

/**
 * A plugin class.
 *
 * @param {{ name: string, [key: string]: any }} statics
 * @param {import('../../index.js').Plugin} methods
 */
function plugin(statics, methods) {
  class Made {
    start = methods.start
    stop = methods.stop
    /** @param {PluginContext} ctx */
    tick(ctx) {
      return methods.tick(ctx)
    }
  }
  for (const [key, value] of Object.entries(statics)) Object.defineProperty(Made, key, { value })
  return Made
}

/** A promise that the test fulfils. */
function gate() {
  let open = () => {}
  /** @type {Promise<void>} */
  const opened = new Promise((resolve) => {
    open = resolve
  })
  return { open, opened }
}

/** @param {AbortSignal} signal */
async function aborted(signal) {
  if (!signal.aborted) await once(signal, 'abort')
  return signal.reason
}

/**
 * An engine with these plugins, and all that it tells.
 *
 * @param {NonNullable<StartOptions['plugins']>} plugins
 * @param {(harness: Harness) => Promise<void>} scenario
 * @param {StartOptions} [options]
 */
const withPlugins = (plugins, scenario, options) =>
  withSchema(async (schema) => {
    const { url, prefix } = schema
    const name = `plugins${count++}`
    const own = { url, prefix, name, queues: { default: 1 }, logger: /** @type {const} */ (false), ...options }
    const engine = await EramEngine.start({ ...own, plugins })
    /** @type {any[]} */
    const events = []
    engine.on('*', (event) => events.push(event))
    try {
      const received = (/** @type {string} */ kind, /** @type {string | undefined} */ of) =>
        events.filter((it) => it.event === kind && (of === undefined || it.plugin === of))
      await scenario({ engine, received, schema })
    } finally {
      await engine.stop({ grace: 0 })
    }
  })

describe('a plugin', { concurrency: 4 }, () => {
  test('for the leader ticks there alone, and on the next leader as soon as it is elected; one for nodes ticks on all', () =>
    withSchema(async (schema) => {
      const start = (/** @type {string} */ name) => startNode({ ...schema, program: PROGRAM }, name, { queues: { default: 1 } })
      const first = await start('first')
      await first.waitForEvent('tick')
      const second = await start('second')
      try {
        for (const node of [first, second]) {
          await until(() => assert.ok(node.eventsOf('plugin:stop').filter((it) => it.plugin === 'Each').length >= 5))
        }
        assert.deepEqual(second.eventsOf('tick'), [])
        assert.deepEqual(await first.signal('SIGTERM'), { code: 0, signal: null })
        await second.waitForEvent('leader:elected')
        await second.waitForEvent('tick')
        await second.waitForEvent('plugin:stop', (it) => it.plugin === 'Led')
        assert.deepEqual(
          [first, second].map((node) => node.eventsOf('tick')),
          [[{ event: 'tick', leading: true }], [{ event: 'tick', leading: true }]],
        )
      } finally {
        await Promise.all([first.kill(), second.kill()])
      }
    }))

  test('of a leader that steps down is aborted, and ticks in the next term only once that tick has ended', () => {
    const { open, opened } = gate()
    /** @type {any[]} */
    const said = []
    const led = plugin(LEADS, {
      async tick(ctx) {
        said.push(['tick', ctx.leading])
        if (said.length > 1) return
        const { code, name } = await aborted(ctx.signal)
        said.push([name, code, ctx.leading])
        await opened
        ctx.signal.throwIfAborted()
      },
    })
    return withPlugins([led], async ({ engine, received }) => {
      await until(() => assert.equal(said.length, 1))
      await engine.resignLeader()
      await until(() => assert.equal(received('leader:lost').length, 1))
      await until(() => assert.equal(said.length, 2))
      const [{ since }] = received('leader:lost')
      await until(() => assert.ok(received('leader:elected').some((it) => it.since > since)))
      assert.equal(said.length, 2)
      open()
      await until(() => assert.equal(received('plugin:stop').length, 2))
      assert.deepEqual(said, [
        ['tick', true],
        ['PluginAborted', 'leadership', false],
        ['tick', true],
      ])
      assert.deepEqual(
        received('plugin:stop').map((it) => it.aborted),
        [true, false],
      )
      assert.deepEqual(received('plugin:exception'), [])
    })
  })

  test('that throws is reported, waits longer each time until it succeeds, and does not affect the others', () => {
    /** @type {number[]} */
    const times = []
    /** How often the other had ticked by then. @type {number[]} */
    const others = []
    let otherTicks = 0
    const wrong = plugin(
      { name: 'Wrong', interval: 20 },
      {
        tick() {
          times.push(performance.now())
          others.push(otherTicks)
          if (times.length === 7) return
          throw new TypeError('no luck')
        },
      },
    )
    const other = plugin({ name: 'Other', interval: 20, on: 'node' }, { tick: async () => void otherTicks++ })
    return withPlugins([wrong, other], async ({ received }) => {
      await until(() => assert.ok(times.length >= 8))
      const waits = times.slice(1).map((time, i) => time - /** @type {number} */ (times[i]))
      for (const [i, least] of [40, 80, 160, 320, 640, 1280].entries()) assert.ok(Number(waits[i]) > least - 2, `${waits}`)
      // After a success it is back at its interval, which the other has too.
      const [, , , , , sixth = 0, seventh = 0, eighth = 0] = others
      assert.ok(eighth - seventh < seventh - sixth, `${others}`)
      const [{ event, error, elapsed_ms, ...details }] = received('plugin:exception')
      assert.deepEqual(details, { plugin: 'Wrong', kind: 'error', phase: 'tick', message: 'TypeError: no luck' })
      assert.ok(error instanceof TypeError && elapsed_ms >= 0)
      assert.match(received('engine:log', 'Wrong')[0].message, /^plugin Wrong: tick failed after \d+ ms: TypeError: no luck$/)
      assert.ok(received('plugin:stop', 'Other').length > 20)
      assert.deepEqual(received('plugin:exception', 'Other'), [])
    })
  })

  test('that hangs is aborted and reported once, has no second tick meanwhile, and continues when it has ended', () => {
    const { open, opened } = gate()
    /** @type {any[]} */
    const reasons = []
    const hung = plugin(
      { name: 'Hung', interval: 20, timeout: 50 },
      {
        async tick({ signal }) {
          if (reasons.length > 0) return
          reasons.push((await aborted(signal)).code)
          await opened
        },
      },
    )
    const other = plugin({ name: 'Other', interval: 20, on: 'node' }, { tick() {} })
    return withPlugins([hung, other], async ({ received }) => {
      await until(() => assert.ok(received('plugin:exception', 'Hung').length > 0))
      const before = received('plugin:stop', 'Other').length
      await until(() => assert.ok(received('plugin:stop', 'Other').length > before + 10))
      assert.deepEqual(
        received('plugin:exception').map(({ kind, phase }) => [kind, phase]),
        [['timeout', 'tick']],
      )
      assert.deepEqual([reasons, received('plugin:stop', 'Hung').length], [['timeout'], 0])
      open()
      await until(() => assert.ok(received('plugin:stop', 'Hung').length >= 2))
      assert.deepEqual(
        received('plugin:stop', 'Hung')
          .slice(0, 2)
          .map((it) => it.aborted),
        [true, false],
      )
      assert.equal(received('plugin:exception').length, 1)
    })
  })

  test('whose start fails starts again, and ticks only after that', () => {
    /** @type {string[]} */
    const done = []
    const shy = plugin(
      { name: 'Shy', interval: 20 },
      {
        async start() {
          done.push('start')
          if (done.length === 1) throw new Error('not yet')
        },
        tick: () => done.push('tick'),
      },
    )
    return withPlugins([shy], async ({ received }) => {
      await until(() => assert.ok(done.length >= 4))
      assert.deepEqual(done.slice(0, 4), ['start', 'start', 'tick', 'tick'])
      assert.ok(received('plugin:exception').every(({ phase }) => phase === 'start'))
    })
  })

  test('whose engine stops is aborted, may use the engine until it has ended, and is awaited', () => {
    /** @type {any[]} */
    const done = []
    let ticking = false
    const busy = plugin(LEADS, {
      start: () => void done.push('start'),
      async tick({ engine, signal, log }) {
        ticking = true
        done.push((await aborted(signal)).code)
        log.info('a line of %d words', 5)
        await sleep(100)
        const { id } = await engine.enqueue('SomeJob')
        done.push(typeof id, (await engine.leader())?.me)
      },
      stop: ({ signal }) => void done.push('stop', signal.aborted),
    })
    return withPlugins([busy], async ({ engine, received, schema }) => {
      await until(() => assert.ok(ticking))
      await engine.stop({ grace: 30_000 })
      assert.deepEqual(done, ['start', 'shutdown', 'number', true, 'stop', false])
      assert.equal((await schema.rows('SELECT FROM eram_jobs')).length, 1)
      assert.deepEqual(
        received('plugin:stop').map((it) => it.aborted),
        [true],
      )
      assert.deepEqual(received('engine:log', 'Led'), [
        { event: 'engine:log', plugin: 'Led', level: 'info', message: 'plugin Led: a line of 5 words' },
      ])
    })
  })

  test('that hangs does not delay stop() beyond the grace, and is reported', () => {
    let stops = 0
    let began = false
    const hung = plugin(LEADS, {
      tick: () => {
        began = true
        return new Promise(() => {})
      },
      stop: () => {
        stops += 1
      },
    })
    const other = plugin({ name: 'Other', on: 'node', interval: 20 }, { tick() {}, stop: ({ signal }) => aborted(signal) })
    return withPlugins([hung, other], async ({ engine, received }) => {
      await until(() => assert.ok(began && received('plugin:stop', 'Other').length > 0))
      const begun = performance.now()
      await engine.stop({ grace: 600 })
      const elapsed = performance.now() - begun
      assert.ok(elapsed > 590, `${elapsed}`)
      assert.equal(stops, 0)
      assert.deepEqual(
        received('engine:log')
          .filter((it) => it.level === 'warn')
          .map((it) => it.message),
        ['Led', 'Other'].map((name) => `plugin ${name}: expected it to end within the grace period, it is still running`),
      )
    })
  })

  test('for the leader does not tick on an engine without queues, and none does on one that was refused', () => {
    /** @type {string[]} */
    const ticked = []
    const both = () => [
      plugin({ ...LEADS, interval: 20 }, { tick: ({ engine }) => ticked.push(`leader ${engine.node}`) }),
      plugin({ name: 'Each', on: 'node', interval: 20 }, { tick: ({ engine }) => ticked.push(`node ${engine.node}`) }),
    ]
    return withPlugins(
      both(),
      async ({ received, schema: { url, prefix } }) => {
        const laptop = await EramEngine.start({
          url,
          prefix,
          name: 'laptop',
          node: 'laptop',
          queues: { default: 1 },
          logger: false,
          plugins: both(),
        })
        try {
          assert.match(laptop.queues_disabled ?? '', /environment/)
          await until(() => assert.ok(received('plugin:stop').length > 20))
          assert.deepEqual([...new Set(ticked)], ['node web'])
        } finally {
          await laptop.stop()
        }
      },
      { queues: {}, node: 'web', environment: 'production' },
    )
  })
})

describe('an invalid plugin is refused, and nothing is started:', () => {
  class Good {
    tick() {}
  }
  class Idle {}
  class Picky {
    constructor() {
      throw new RangeError('too few')
    }
    tick() {}
  }
  const named = (/** @type {object} */ statics) => plugin({ name: 'Named', ...statics }, { tick() {} })
  const CLASS = 'expected a class with a method tick'
  const SPAN = 'expected a duration from 10 ms to 20 days \\(milliseconds, or \\{ days: 1 \\}, or "1 day"\\)'
  /** @type {[string, unknown, string][]} */
  const table = [
    ['no list', Good, 'plugins: expected an array of plugin classes, got class Good'],
    ['an instance', [new Good()], `plugins\\[0\\]: ${CLASS}, or \\[class, options\\], got a Good`],
    ['a function', [Good, () => {}], `plugins\\[1\\]: ${CLASS}, or \\[class, options\\], got a function`],
    ['no tick', [Idle], `plugins\\[0\\]: ${CLASS}, got class Idle`],
    [
      'a hook that is none',
      [plugin({ name: 'A' }, { tick() {}, stop: /** @type {any} */ (5) })],
      'plugins\\[0\\].stop: expected a method, got 5',
    ],
    ['options that the class refuses', [[Picky, {}]], 'plugins\\[0\\]: expected Picky to take its options, got RangeError: too few'],
    ['no name', [named({ name: '' })], 'plugins\\[0\\].name: expected a text of 1 to 127 characters, got ""'],
    ['a place unknown', [Good, named({ on: 'moon' })], 'plugins\\[1\\].on: expected "leader" or "node", got "moon"'],
    ['an interval of no length', [named({ interval: 0 })], `plugins\\[0\\].interval: ${SPAN}, got 0`],
    ['an interval in wrong words', [named({ interval: 'soon' })], `plugins\\[0\\].interval: ${SPAN}, got "soon"`],
    ['an endless timeout', [named({ timeout: '21 days' })], `plugins\\[0\\].timeout: ${SPAN}, got "21 days"`],
    ['a timeout of another kind', [named({ timeout: () => 5 })], 'options.plugins\\[0\\].timeout: expected JSON, got a function'],
    ['two of one name', [Good, [Good, { a: 1 }]], 'plugins\\[1\\]: expected a name unlike the others, got "Good" as in plugins\\[0\\]; .*'],
  ]
  for (const [what, plugins, message] of table) {
    test(what, async () => {
      await assert.rejects(EramEngine.start({ plugins: /** @type {any} */ (plugins) }), (error) => {
        assert.ok(error instanceof EramError)
        assert.equal(error.code, 'ERAM_CONFIG')
        assert.match(error.message, new RegExp(`^${message}`))
        return true
      })
      assert.throws(() => EramEngine.get(), { code: 'ERAM_NOT_RUNNING' })
    })
  }
})

test('the plugins of the guide compile, and tick', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const [snippet] = snippets('docs/guides/plugins.md').filter(({ name }) => name === 'plugins.ts')
    assert.ok(snippet)
    await rows(`SELECT eram_enqueue_job('{"worker": "SomeJob"}') FROM generate_series(1, 100)`)
    const own = await project({ type: 'module' })
    await own.link('eramjs', ...LIBRARIES)
    await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
    await own.write('plugins.ts', snippet.text.replace('EramEngine.start({', 'EramEngine.start({ prefix: process.env.PREFIX,'))
    await own.compile()
    const env = { ...process.env, DATABASE_URL: url, PREFIX: prefix }
    const child = spawn(process.execPath, ['dist/plugins.js'], { cwd: own.folder, env })
    let out = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk))
    try {
      await until(() => {
        assert.match(out, /"msg":"plugin Backlog: default: 100 jobs wait"/)
        assert.match(out, /^.+ uses some memory: true$/m)
      })
    } finally {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }))
