// observe(): counters and gauges of a meter, for SDKs without metric producers. They have no histograms.

import { MEASURES } from './metrics.js'

/** @import { EramEngine } from 'eramjs' */

/**
 * @param {any} meter
 * @param {EramEngine} engine
 */
export function observe(meter, engine) {
  const measures = MEASURES.map(({ name, kind, unit, description, points }) => {
    const options = { unit, description }
    return {
      points,
      instrument: kind === 'counter' ? meter.createObservableCounter(name, options) : meter.createObservableGauge(name, options),
    }
  })
  const instruments = measures.map(({ instrument }) => instrument)
  /** @param {any} result */
  const read = async (result) => {
    const metrics = await engine.metrics()
    for (const { instrument, points } of measures) {
      for (const { attributes, value } of points(metrics)) result.observe(instrument, value, attributes)
    }
  }
  meter.addBatchObservableCallback(read, instruments)
  return () => meter.removeBatchObservableCallback(read, instruments)
}
