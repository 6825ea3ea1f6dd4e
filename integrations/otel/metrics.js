// What an engine has counted, as counters, gauges and histograms by the names of the conventions for messaging, or under `eram.`.

/** @import { EngineMetrics, Histogram } from 'eramjs' */

/** @typedef {Record<string, string>} Attributes */
/** @typedef {{ attributes: Attributes, value: number }} Point */
/** @typedef {{ attributes: Attributes, histogram: Histogram }} DurationPoint */
/** @typedef {{ name: string, kind: 'counter' | 'gauge', unit: string, description: string, points: (metrics: EngineMetrics) => Point[] }} Measure */
/** @typedef {{ name: string, description: string, points: (metrics: EngineMetrics) => DurationPoint[] }} Duration */

const STATES = /** @type {const} */ (['success', 'failure', 'discard', 'cancelled', 'snoozed', 'released', 'lost', 'rescued'])

/** @param {string} operation @param {string} [queue] @param {string} [worker] @returns {Attributes} */
function about(operation, queue, worker) {
  return {
    'messaging.system': 'eram',
    'messaging.operation.name': operation,
    ...(queue !== undefined && { 'messaging.destination.name': queue }),
    ...(worker !== undefined && { 'messaging.eram.worker': worker }),
  }
}

/** @param {EngineMetrics} metrics @param {(queue: EngineMetrics['queues'][number]) => number} count @returns {Point[]} */
function ofQueues({ queues }, count) {
  return queues.map((queue) => ({ attributes: { 'messaging.destination.name': queue.queue }, value: count(queue) }))
}

/** @param {number | boolean | null} value @returns {Point[]} */
function one(value) {
  return value === null ? [] : [{ attributes: {}, value: Number(value) }]
}

/** @type {readonly Measure[]} */
export const MEASURES = [
  {
    name: 'messaging.client.sent.messages',
    kind: 'counter',
    unit: '{message}',
    description: 'Jobs that this process inserted.',
    points: ({ series }) => series.map(({ queue, worker, enqueued }) => ({ attributes: about('send', queue, worker), value: enqueued })),
  },
  {
    name: 'messaging.client.consumed.messages',
    kind: 'counter',
    unit: '{message}',
    description: 'Attempts that ended, whatever their outcome.',
    points: ({ series }) =>
      series.map(({ queue, worker, run, failed }) => ({ attributes: about('process', queue, worker), value: run.count + failed.count })),
  },
  {
    name: 'eram.attempts',
    kind: 'counter',
    unit: '{attempt}',
    description: 'Attempts that ended, by their outcome.',
    points: ({ series }) =>
      series.flatMap((each) =>
        STATES.filter((state) => each[state] > 0).map((state) => ({
          attributes: { ...about('process', each.queue, each.worker), 'messaging.eram.outcome': state },
          value: each[state],
        })),
      ),
  },
  {
    name: 'eram.queue.limit',
    kind: 'gauge',
    unit: '{job}',
    description: 'How many jobs a queue may run at once here.',
    points: (metrics) => ofQueues(metrics, ({ limit }) => limit),
  },
  {
    name: 'eram.queue.running',
    kind: 'gauge',
    unit: '{job}',
    description: 'How many jobs of a queue run here.',
    points: (metrics) => ofQueues(metrics, ({ running }) => running),
  },
  {
    name: 'eram.queue.stuck',
    kind: 'gauge',
    unit: '{job}',
    description: 'How many jobs were given up and have not settled.',
    points: (metrics) => ofQueues(metrics, ({ stuck }) => stuck),
  },
  {
    name: 'eram.queue.paused',
    kind: 'gauge',
    unit: '1',
    description: 'Whether a queue is paused: 1, else 0.',
    points: (metrics) => ofQueues(metrics, ({ paused }) => Number(paused)),
  },
  {
    name: 'eram.outcomes.unwritten',
    kind: 'gauge',
    unit: '{attempt}',
    description: 'Outcomes that have not been written yet.',
    points: ({ engine }) => one(engine.unwritten),
  },
  {
    name: 'eram.connections',
    kind: 'gauge',
    unit: '{connection}',
    description: 'Connections to the database.',
    points: ({ engine }) => one(engine.connections),
  },
  {
    name: 'eram.listening',
    kind: 'gauge',
    unit: '1',
    description: 'Whether notifications arrive: 1, else 0.',
    points: ({ engine }) => one(engine.listening),
  },
  {
    name: 'eram.leading',
    kind: 'gauge',
    unit: '1',
    description: 'Whether this engine leads: 1, else 0.',
    points: ({ engine }) => one(engine.leading),
  },
  {
    name: 'eram.heartbeat.age',
    kind: 'gauge',
    unit: 's',
    description: 'Time since the last heartbeat that was answered.',
    points: ({ engine }) => one(engine.heartbeat_age_ms === null ? null : engine.heartbeat_age_ms / 1000),
  },
  {
    name: 'eram.events.dropped',
    kind: 'counter',
    unit: '{event}',
    description: 'Events that no listener received.',
    points: ({ engine }) => one(engine.events_dropped),
  },
  {
    name: 'eram.thread.exits',
    kind: 'counter',
    unit: '{thread}',
    description: 'Job threads and processes that ended by themselves.',
    points: ({ engine }) => one(engine.thread_exits),
  },
]

/** @type {readonly Duration[]} */
export const DURATIONS = [
  {
    name: 'messaging.process.duration',
    description: 'How long attempts ran.',
    points: ({ series }) =>
      series.flatMap(({ queue, worker, run, failed }) => [
        { attributes: about('process', queue, worker), histogram: run },
        { attributes: { ...about('process', queue, worker), 'error.type': '_OTHER' }, histogram: failed },
      ]),
  },
  {
    name: 'messaging.client.operation.duration',
    description: 'How long inserts of jobs, fetches, and writes of outcomes took.',
    points: ({ engine }) => [
      { attributes: about('send'), histogram: engine.insert },
      { attributes: about('receive'), histogram: engine.fetch },
      { attributes: about('settle'), histogram: engine.ack },
    ],
  },
  {
    name: 'eram.job.wait',
    description: 'How long jobs had been due before they were claimed.',
    points: ({ series }) => series.map(({ queue, worker, wait }) => ({ attributes: about('receive', queue, worker), histogram: wait })),
  },
]
