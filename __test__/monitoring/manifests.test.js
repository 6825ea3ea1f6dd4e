// The manifests of docs/guides/autoscaling.md, the alerts and the dashboard, as they stand: their queries run on a real database,
// their paths are asked of a real server, and their metrics are looked up in what it serves.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import * as worker from '../../cli/commands/worker.js'
import { EramEngine } from '../../index.js'
import { serve } from '../../integrations/http/index.js'
import { DATABASE_URL, until, withSchema } from '../support/database.js'
import { snippets } from '../support/snippets.js'
import { read } from '../support/sources.js'
import { metrics, mistakes, parsed } from './promql.js'
import { found } from './scrape.js'

const GUIDE = 'docs/guides/autoscaling.md'
const QUEUE = 'emails'

/** Milliseconds that a node needs after the grace of its jobs. */
const AFTER_GRACE = 15_000

/** @param {string} text @returns {any[]} */
const yaml = (text) =>
  parseAllDocuments(text).map((document) => {
    assert.deepEqual(document.errors, [])
    return document.toJS()
  })

const manifests = snippets(GUIDE)
  .filter(({ lang }) => lang === 'yaml')
  .flatMap(({ text }) => yaml(text))

/** @param {string} kind @returns {any} */
function theOnly(kind) {
  const all = manifests.filter((it) => it.kind === kind)
  assert.equal(all.length, 1, kind)
  return all[0]
}

const triggers = manifests.filter(({ kind }) => kind === 'ScaledObject').flatMap(({ spec }) => spec.triggers)

/** @param {string} type @returns {any} */
function metadataOf(type) {
  const all = triggers.filter((/** @type {any} */ trigger) => trigger.type === type)
  assert.equal(all.length, 1, type)
  assert.equal(all[0].metricType, 'Value', 'a latency does not add up over processes')
  return all[0].metadata
}

/**
 * Runs a worker of the queue, with a job that it cannot perform and that has been due for an hour, and its server.
 * @param {(url: string, engine: EramEngine) => Promise<void>} scenario
 */
const withWorker = (scenario) =>
  withSchema(async ({ url, prefix, rows }) => {
    // Before the leader looks for jobs, which it does once a minute while there are none.
    await rows(`SELECT id FROM eram_enqueue_jobs('[{"worker":"Unknown","queue":"${QUEUE}"}]')`)
    await rows("UPDATE eram_jobs SET scheduled_at = now() - interval '1 hour'")
    const engine = await EramEngine.start({ name: 'scaled', url, prefix, queues: { [QUEUE]: 20 }, logger: false })
    const server = await serve(engine, { port: 0 })
    try {
      await scenario(server.url, engine)
    } finally {
      await server.close()
      await engine.stop()
    }
  })

describe('the manifests for autoscalers', () => {
  test('each trigger is one that is tested here', () => {
    const types = triggers.map((/** @type {any} */ { type }) => type)
    assert.deepEqual(types.sort(), ['metrics-api', 'postgresql', 'prometheus'])
    assert.deepEqual(
      new Set(manifests.map(({ kind }) => kind)),
      new Set(['Deployment', 'ScaledObject', undefined, 'HorizontalPodAutoscaler']),
    )
  })

  test('the query of the postgresql scaler gives the lesser of latency and depth', () =>
    withSchema(async ({ url, prefix, rows }) => {
      const { query } = metadataOf('postgresql')
      const engine = await EramEngine.start({ name: 'sql', url, prefix, notify: false, logger: false })
      try {
        // KEDA reads one number.
        const value = async () => {
          const [row, ...more] = await rows(query)
          assert.deepEqual([more.length, Object.keys(row).length], [0, 1])
          const [number] = Object.values(row)
          assert.equal(typeof number, 'number')
          return number
        }
        assert.equal(await value(), 0)
        await engine.enqueueAll([1, 2, 3].map(() => ({ worker: 'Any', queue: QUEUE, scheduled_at: new Date(Date.now() - 3_600_000) })))
        assert.equal(await value(), 3, 'three jobs that have been due for an hour')
        await rows('UPDATE eram_jobs SET scheduled_at = now() - interval $$1.5 s$$')
        const latency = await value()
        assert.ok(latency >= 1.5 && latency <= 3, `${latency}`)
      } finally {
        await engine.stop()
      }
    }))

  test('the location of the metrics-api scaler is a number that a worker serves, and that an engine that only enqueues serves', () =>
    withWorker(async (served, { prefix }) => {
      const { url, valueLocation, targetValue, activationTargetValue } = metadataOf('metrics-api')
      const { pathname } = new URL(url)
      for (const number of [targetValue, activationTargetValue]) assert.ok(Number(number) >= 0, number)
      const web = await EramEngine.start({ name: 'web', url: DATABASE_URL, prefix, notify: false, logger: false })
      const server = await serve(web, { port: 0 })
      try {
        for (const origin of [served, server.url]) {
          const answer = /** @type {any} */ (await (await fetch(origin + pathname)).json())
          const value = valueLocation.split('.').reduce((/** @type {any} */ of, /** @type {string} */ key) => of[key], answer)
          assert.ok(value >= 3_600_000 && value < 3_700_000, `${value} ms`)
        }
      } finally {
        await server.close()
        await web.stop()
      }
    }))

  test('the query of the prometheus scaler, and those of the adapter, find the queue in what a worker serves', () =>
    withWorker(async (url) => {
      const [{ seriesQuery, metricsQuery, name, ...rest }] = manifests.find((it) => it.rules).rules.external
      assert.equal(rest.resources.namespaced, false)
      const series = parsed(seriesQuery).selectors[0]?.metric ?? ''
      const [{ external }] = theOnly('HorizontalPodAutoscaler').spec.metrics
      assert.equal(external.metric.name, name.as, 'the autoscaler asks for the metric that the adapter makes')
      const labels = Object.entries(external.metric.selector.matchLabels).map(([label, value]) => `${label}="${value}"`)
      const made = metricsQuery.replaceAll('<<.Series>>', series).replaceAll('<<.LabelMatchers>>', labels.join(','))
      for (const query of [metadataOf('prometheus').query, seriesQuery, made]) {
        assert.deepEqual(mistakes(query), [])
        const { selectors } = parsed(query)
        assert.equal(selectors.length, 1)
        for (const { metric, matchers } of selectors) {
          const wanted = Object.fromEntries(matchers.filter(({ operator }) => operator === '=').map(({ label, value }) => [label, value]))
          const samples = await until(async () => {
            const samples = found(await (await fetch(`${url}/metrics`)).text(), metric, wanted)
            assert.ok(samples.some(({ labels, value }) => labels.queue === QUEUE && value >= 3600))
            return samples
          })
          for (const { label, operator, value } of matchers)
            if (operator === '!=') assert.ok(samples.every(({ labels }) => labels[label] !== value))
        }
      }
    }))

  test('the probes are answered, the command has the options of a worker, and a stop has its time', () =>
    withWorker(async (url) => {
      const { terminationGracePeriodSeconds, containers } = theOnly('Deployment').spec.template.spec
      const [{ command, ports, livenessProbe, readinessProbe }] = containers
      for (const probe of [livenessProbe, readinessProbe]) {
        assert.ok(ports.some((/** @type {any} */ port) => port.name === probe.httpGet.port))
        await until(async () => assert.equal((await fetch(url + probe.httpGet.path)).status, 200))
      }
      const flags = command.filter((/** @type {string} */ word) => word.startsWith('--'))
      for (const flag of flags) assert.ok(flag.slice(2) in worker.options, flag)
      const after = (/** @type {string} */ flag) => command[command.indexOf(flag) + 1]
      assert.equal(after('--port'), String(ports[0].containerPort))
      const grace = Number.parseInt(after('--grace'), 10) * 1000
      assert.ok(terminationGracePeriodSeconds * 1000 >= grace + AFTER_GRACE)
    }))

  test('the configuration of Prometheus scrapes the path of the handler', () => {
    const [{ scrape_configs }] = snippets('docs/guides/monitoring.md')
      .filter(({ lang }) => lang === 'yaml')
      .flatMap(({ text }) => yaml(text))
    assert.equal(scrape_configs[0].metrics_path, '/metrics')
  })
})

describe('the alerts', () => {
  const [{ groups }] = yaml(read('examples/monitoring/alerts.yml'))
  /** @type {any[]} */
  const rules = groups.flatMap((/** @type {any} */ group) => group.rules)

  test('ask for metrics and labels that there are', () => {
    assert.ok(rules.length > 10)
    assert.deepEqual(
      rules.flatMap(({ expr }) => mistakes(expr)),
      [],
    )
  })

  test('name labels that their query keeps, and commands that there are', async () => {
    for (const { alert, expr, annotations } of rules) {
      const { grouping } = parsed(expr)
      const text = Object.values(annotations).join('\n')
      for (const [, label = ''] of text.matchAll(/\$labels\.(\w+)/g)) assert.ok(grouping.includes(label), `${alert}: ${label}`)
      for (const [, command = '', rest = ''] of text.matchAll(/`npx eramjs ((?:jobs |crons )?[a-z]+)([^`]*)`/g)) {
        const { options } = await import(`../../cli/commands/${command.replace(' ', '/')}.js`)
        for (const [, option = ''] of rest.matchAll(/--([a-z-]+)/g)) assert.ok(option in options, `${command} --${option}`)
      }
    }
  })

  test('are those of the guide', () => {
    const [, section = ''] = read('docs/guides/monitoring.md').split('## What to alert on')
    const named = [...section.matchAll(/^\| (`Eram[^|]*) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    )
    assert.deepEqual(named.sort(), rules.map(({ alert }) => alert).sort())
  })
})

describe('the dashboard', () => {
  const dashboard = JSON.parse(read('examples/monitoring/dashboard.json'))
  /** @type {any[]} */
  const panels = dashboard.panels
  /** @type {string[]} */
  const queries = panels
    .flatMap(({ targets = [] }) => targets)
    .map((/** @type {any} */ { expr }) => expr.replaceAll(/\$(engine|queue)\b/g, '.*').replaceAll('$__rate_interval', '5m'))

  test('asks for metrics and labels that there are', () => {
    assert.ok(queries.length > 20)
    assert.deepEqual(queries.flatMap(mistakes), [])
    const variables = dashboard.templating.list.filter((/** @type {any} */ { type }) => type === 'query')
    for (const { definition } of variables) {
      const [, series = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(definition) ?? []
      for (const name of series.match(/eram_\w+/g) ?? ['none']) assert.ok(metrics().get(name)?.labels.includes(label), definition)
    }
  })

  test('has panels with a place and a number of their own, which explain themselves', () => {
    const shown = panels.filter(({ type }) => type !== 'row')
    for (const { title, description, targets, gridPos } of shown) {
      assert.ok(description && targets.length > 0 && gridPos.x + gridPos.w <= 24, title)
    }
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length)
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, n) => `${x + (n % w)},${y + Math.floor(n / w)}`),
    )
    assert.equal(new Set(cells).size, cells.length, 'panels overlap')
  })
})
