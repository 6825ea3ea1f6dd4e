// eramjs/otel: what an engine has counted, as metrics of OpenTelemetry. The table of contents.
//
//   metrics.js    the metrics, as values
//   producer.js   metricProducer(): for a metric reader of the SDK, with histograms
//   observe.js    observe(): observable counters and gauges of a meter

export { observe } from './observe.js'
export { metricProducer } from './producer.js'
