// metricProducer(): hands what the engine has counted to a metric reader of the SDK, when it reads. Histograms are computed in the
// engine, so that jobs pay nothing for them.

import { DURATIONS, MEASURES } from './metrics.js'

/** @import { EramEngine, EngineMetrics } from 'eramjs' */
/** @import { DurationPoint } from './metrics.js' */

/** Upper bounds in seconds that the conventions recommend. */
const BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

// As the SDK numbers and names them.
const HISTOGRAM = 0
const GAUGE = 2
const SUM = 3
const CUMULATIVE = 1
const DOUBLE = 1
const TYPES = { counter: 'OBSERVABLE_COUNTER', gauge: 'OBSERVABLE_GAUGE' }

/** @typedef {[number, number]} HrTime  seconds and nanoseconds */

/**
 * @param {EramEngine} engine
 */
export function metricProducer(engine) {
  return {
    async collect() {
      try {
        const metrics = await engine.metrics()
        return { resourceMetrics: { resource: RESOURCE, scopeMetrics: [scopeMetrics(metrics)] }, errors: [] }
      } catch (error) {
        return { resourceMetrics: { resource: RESOURCE, scopeMetrics: [] }, errors: [error] }
      }
    },
  }
}

/** The reader has the resource of its provider in place of this one. */
const RESOURCE = {
  attributes: {},
  asyncAttributesPending: false,
  merge: (/** @type {unknown} */ other) => other,
  getRawAttributes: () => [],
}

/** @param {EngineMetrics} metrics */
function scopeMetrics(metrics) {
  const [startTime, endTime] = [hrTime(metrics.since), hrTime(metrics.at)]
  const times = { startTime, endTime }
  const measures = MEASURES.map(({ name, kind, unit, description, points }) => ({
    descriptor: { name, description, unit, type: TYPES[kind], valueType: DOUBLE },
    aggregationTemporality: CUMULATIVE,
    dataPoints: points(metrics).map(({ attributes, value }) => ({ ...times, attributes, value })),
    ...(kind === 'counter' ? { dataPointType: SUM, isMonotonic: true } : { dataPointType: GAUGE }),
  }))
  const durations = DURATIONS.map(({ name, description, points }) => ({
    descriptor: { name, description, unit: 's', type: 'HISTOGRAM', valueType: DOUBLE },
    aggregationTemporality: CUMULATIVE,
    dataPointType: HISTOGRAM,
    dataPoints: points(metrics)
      .filter(({ histogram }) => histogram.count > 0)
      .map((point) => ({ ...times, ...histogramPoint(point) })),
  }))
  return { scope: { name: 'eramjs' }, metrics: [...measures, ...durations].filter(({ dataPoints }) => dataPoints.length > 0) }
}

/** @param {DurationPoint} point */
function histogramPoint({ attributes, histogram }) {
  const upTo = BOUNDS.map((bound) => histogram.countUpTo(bound * 1000))
  const counts = [...upTo, histogram.count].map((count, i) => count - (upTo[i - 1] ?? 0))
  const value = {
    buckets: { boundaries: BOUNDS, counts },
    sum: histogram.sum_ms / 1000,
    count: histogram.count,
    max: histogram.max_ms / 1000,
  }
  return { attributes, value }
}

/** @param {Date} date @returns {HrTime} */
function hrTime(date) {
  const ms = date.getTime()
  return [Math.floor(ms / 1000), (ms % 1000) * 1_000_000]
}
