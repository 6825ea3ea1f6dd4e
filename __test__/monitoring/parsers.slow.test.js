// Both formats of engine.prometheus() as the strictest parsers read them: those of Prometheus's own client for Python.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { MainJob, ThreadJob } from '../support/fixtures/jobs.js'
import { samples } from './scrape.js'

/** @typedef {'text' | 'openmetrics'} Format */
/** @typedef {{ name: string, labels: Record<string, string>, value: number }} Sample */

const PACKAGE = 'prometheus-client==0.26.0'
const PROGRAM = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as text
families = (openmetrics if sys.argv[1] == 'openmetrics' else text)(sys.stdin.read())
print(json.dumps([[f.name, f.type, f.documentation, [dict(name=s.name, labels=s.labels, value=s.value) for s in f.samples]] for f in families]))
`

const folder = mkdtempSync(path.join(tmpdir(), 'eram-prometheus-'))
before(() =>
  execFileSync('python3', ['-m', 'pip', 'install', '--disable-pip-version-check', '--target', folder, PACKAGE], { stdio: 'pipe' }),
)
after(() => rmSync(folder, { recursive: true, force: true }))

/** @param {string} text @param {Format} format @returns {{ name: string, type: string, help: string, samples: Sample[] }[]} */
function parsed(text, format) {
  const env = { ...process.env, PYTHONPATH: folder }
  const out = execFileSync('python3', ['-c', PROGRAM, format], { input: text, env, maxBuffer: 2 ** 26, stdio: ['pipe', 'pipe', 'pipe'] })
  return JSON.parse(String(out)).map((/** @type {[string, string, string, Sample[]]} */ [name, type, help, samples]) => ({
    name,
    type,
    help,
    samples,
  }))
}

/** Counters and buckets, which do not change while no job runs, each with the value of its bound. @param {Sample[]} all */
const counted = (all) =>
  all
    .filter(({ name }) => /^eram_job/.test(name))
    .map(({ name, labels: { le, ...labels }, value }) =>
      JSON.stringify([name, Object.entries(labels).sort(), le === undefined ? null : Number(le.replace('+Inf', 'Infinity')), value]),
    )
    .sort()

describe('the parsers of Prometheus', () => {
  test('read both formats, and find the same in them', () =>
    withEngine({ logger: false }, async ({ engine, runToCompletion, schema }) => {
      const other = await EramEngine.start({ name: 'a "b"\\c', url: schema.url, prefix: schema.prefix, notify: false, logger: false })
      try {
        await other.enqueue('W"\\', {}, { queue: 'a"b\\c\nd' })
        await runToCompletion(MainJob, { action: 'return' })
        await runToCompletion(ThreadJob, { action: 'throw' })
        await until(async () =>
          assert.equal(counted(samples(await engine.prometheus())).filter((it) => it.includes('"failure"]')).length, 2),
        )
        const engines = [other.name]
        const text = await engine.prometheus({ engines })
        const [plain, open] = [parsed(text, 'text'), parsed(await engine.prometheus({ engines, format: 'openmetrics' }), 'openmetrics')]
        const all = (/** @type {typeof plain} */ families) => families.flatMap((family) => family.samples)
        assert.deepEqual(counted(all(plain)), counted(samples(text)))
        assert.deepEqual(counted(all(open)), counted(all(plain)))
        assert.ok(all(open).some(({ labels }) => labels.queue === 'a"b\\c\nd' && labels.worker === 'W"\\' && labels.engine === 'a "b"\\c'))
        const types = (/** @type {typeof plain} */ families) => new Map(families.map(({ name, type }) => [name, type]))
        assert.equal(types(open).get('eram'), 'info')
        assert.equal(types(plain).get('eram_info'), 'gauge')
        for (const found of [types(open), types(plain)]) {
          assert.equal(found.get('eram_jobs'), 'counter')
          assert.equal(found.get('eram_job_run_seconds'), 'histogram')
          assert.equal(found.get('eram_leader'), 'gauge')
          assert.ok(![...found.values()].includes('unknown'), 'each metric has a type')
        }
        assert.ok(open.every(({ help }) => help.endsWith('.')))
      } finally {
        await other.stop()
      }
    }))

  test('refuse a text that is cut off, as they are strict', () => {
    assert.throws(() => parsed('# TYPE a gauge\na 1\n', 'openmetrics'), /EOF/)
    assert.equal(parsed('# TYPE a gauge\na 1\n# EOF\n', 'openmetrics')[0]?.samples.length, 1)
  })
})
