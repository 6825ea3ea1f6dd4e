// eramjs jobs enqueue: enqueues a job of a class by its name, or many from standard input.

import { EramEngine, EramError } from '../../../index.js'
import { readJson } from '../../jobs/json.js'
import { DONE } from '../../main.js'
import { ADDRESS } from '../../operation.js'
import { Schema } from '../../schema.js'

/** @import { EnqueuedJob } from '../../../index.js' */
/** @import { Option } from '../../main.js' */
/** @import { Terminal } from '../../terminal.js' */

/** Jobs that one statement inserts. */
const BATCH = 1000

export const summary = 'Enqueues a job of a class by its name, or many from standard input'

export const about = `After the name come the args as JSON ({} without), or - to read the args of one job from each line of standard
input. Of many, each ${BATCH} are enqueued together; after an error, those before it are enqueued. The options of a class are not
known here, except what the command line says.`

export const operands = 'worker-and-args'

/** @type {Record<string, Option>} */
export const options = {
  ...ADDRESS,
  queue: { type: 'string', value: 'queue', help: 'the queue (default: default)' },
  priority: { type: 'string', value: 'N', help: '0, which runs first, to 9 (default: 0)' },
  'max-attempts': { type: 'string', value: 'N', help: 'attempts (default: 20)' },
  tag: { type: 'string', value: 'tag', multiple: true, help: 'a tag; several times for several' },
  meta: { type: 'string', value: 'JSON', help: 'the meta of the job' },
  'schedule-in': { type: 'string', value: 'time', help: "the time until it is due: '5 minutes'" },
  'scheduled-at': { type: 'string', value: 'time', help: 'when it is due: 2030-01-31T09:00:00Z' },
  timeout: { type: 'string', value: 'time', help: 'the time that an attempt may take: 30s' },
  unique: { type: 'boolean', help: 'not if an equal job waits or runs' },
  suspended: { type: 'boolean', help: 'do not run it until it is retried or updated' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const [worker, text = '{}', ...more] = values[operands]
  if (more.length > 0) {
    throw new EramError('ERAM_CONFIG', `jobs enqueue: expected a worker and its args, got also ${JSON.stringify(more.join(' '))}`)
  }
  const draft = { worker, ...optionsOf(values) }
  return new Schema(values, io).engine(async (engine) => {
    if (text !== '-') {
      const job = await EramEngine.enqueue(worker, readJson(text, 'args'), { ...optionsOf(values), engine })
      io.print(values.json ? JSON.stringify({ job }) : lineOf(job))
      return DONE
    }
    let enqueued = 0
    for await (const drafts of batches(io.lines(), draft)) {
      const jobs = await EramEngine.enqueueAll(drafts, { engine })
      enqueued += jobs.length
    }
    io.print(values.json ? JSON.stringify({ enqueued }) : `${enqueued} enqueued`)
    return DONE
  })
}

/** @param {EnqueuedJob} job */
function lineOf({ id, state, conflict }) {
  return `${id}  ${conflict ? 'there was one already' : state}`
}

/**
 * @param {AsyncIterable<string>} lines
 * @param {Record<string, any>} draft
 */
async function* batches(lines, draft) {
  /** @type {any[]} */
  let drafts = []
  let number = 0
  for await (const line of lines) {
    number += 1
    if (line.trim() === '') continue
    drafts.push({ ...draft, args: readJson(line, `line ${number} of standard input`) })
    if (drafts.length === BATCH) {
      yield drafts
      drafts = []
    }
  }
  if (drafts.length > 0) yield drafts
}

/** The options of the jobs. @param {Record<string, any>} values */
function optionsOf(values) {
  const { queue, priority, tag: tags, meta, timeout, unique, suspended } = values
  const given = {
    queue,
    priority,
    max_attempts: values['max-attempts'],
    tags,
    meta: meta && readJson(meta, '--meta'),
    schedule_in: values['schedule-in'],
    scheduled_at: values['scheduled-at'],
    timeout,
    unique,
    state: suspended && 'suspended',
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
}
