// Table of contents of telemetry/, spans of OpenTelemetry for enqueues and attempts, and channels for tracers.
//
//   options.js            reads the option `otel`
//   api.js                loads @opentelemetry/api of the application, and calls it so that no error of a tracer gets out
//   otel.js               adds the spans to an engine in this isolate
//   carrier.js            the context of a trace, in a draft and in a job
//   enqueue-spans.js      the spans of enqueues
//   attempt-spans.js      the spans of attempts
//   lost-spans.js         spans of attempts whose isolate is gone
//   settle-spans.js       spans of batches of outcomes
//   tracing-channels.js   eram:enqueue and eram:perform of node:diagnostics_channel

export { readOtel } from './options.js'
export { startOtel } from './otel.js'
export { traceEnqueue, tracePerform, tracesEnqueue, tracesPerform } from './tracing-channels.js'
