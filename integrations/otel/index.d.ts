// eramjs/otel: what an engine has counted, as metrics of OpenTelemetry.
import type { EramEngine } from 'eramjs'

/**
 * Gives a metric reader of the SDK what the engine has counted, when it reads: counters, gauges, and
 * histograms with the boundaries of the conventions, cumulative since the start of the engine. Jobs
 * pay nothing for it.
 *
 * `messaging.process.duration`, `messaging.client.operation.duration`,
 * `messaging.client.sent.messages`, `messaging.client.consumed.messages`, and others under `eram.`.
 *
 * @example
 * const reader = new PeriodicExportingMetricReader({ exporter, metricProducers: [metricProducer(engine)] })
 */
export declare function metricProducer(engine: EramEngine): {
  /** Called by the reader. */
  collect(options?: { timeoutMillis?: number }): Promise<any>
}

/** A meter of `@opentelemetry/api`. */
export interface MeterLike {
  createObservableCounter(name: string, options?: any): any
  createObservableGauge(name: string, options?: any): any
  addBatchObservableCallback(callback: (result: any) => any, observables: any[]): void
  removeBatchObservableCallback(callback: (result: any) => any, observables: any[]): void
}

/**
 * Registers observable counters and gauges with a meter, without histograms: for an SDK that has no
 * metric producers.
 * @returns a function that removes them
 * @example
 * observe(metrics.getMeter('eramjs'), engine)
 */
export declare function observe(meter: MeterLike, engine: EramEngine): () => void
