// What an operation declares. An operation takes one object of options and gives one answer. Both can be JSON: an option that JSON
// cannot represent has a kind that says so, and no option is a function.

/** @import { ThreadStatus } from '../../index.js' */
/** @import { KINDS } from './kinds.js' */

/** @typedef {Record<string, any>} Options  the options of one call */

/**
 * An option of an operation.
 * @typedef {object} Option
 * @property {keyof typeof KINDS} kind
 * @property {string} meaning  a phrase, for the help and for the reference
 * @property {true} [required]
 * @property {string} [default]  for people: the value, or a phrase for it
 * @property {string} [type]  the declaration in types/ of an object
 * @property {true} [operand]  the command takes it as an argument, not as a flag
 * @property {false} [flag]  false: the command has no flag for it
 */

/**
 * The answer of an operation.
 * @typedef {object} Answer
 * @property {string} type  as in the declarations of types/; `void` is null in JSON
 * @property {string[]} [dates]  paths of times, through arrays: 'nodes.started_at'; '' is the answer itself
 */

/**
 * A running engine, as operations use it.
 * @typedef {object} EngineHost
 * @property {string} name
 * @property {string} node
 * @property {string} prefix
 * @property {(method: string, ...args: unknown[]) => Promise<any>} call  calls a function of the addon; it answers with JSON
 * @property {(queue: string) => ThreadStatus[] | undefined} threads  undefined where the engine was not started
 * @property {() => boolean} isStopping  whether stop() was called; false where the engine was not started
 * @property {(queue: string) => Promise<void>} queueChanged  settles when this side has followed the change of a queue
 */

/**
 * A schema that operations change without an engine; its address is in their options.
 * @typedef {object} SchemaHost
 * @property {(method: 'migrate' | 'environment' | 'inspect', options: Options) => Promise<any>} call
 */

/**
 * How a method is called.
 * @typedef {object} Call
 * @property {string[]} parameters  options by name; 'options' is an object of the others
 * @property {(...args: any[]) => Options} read  makes options of the arguments
 */

/**
 * @template Host
 * @typedef {object} OperationOn
 * @property {string} name  'pause' is engine.pause(), 'jobs.find' engine.jobs.find(), 'schema.migrate' EramEngine.migrate()
 * @property {string} summary  one sentence without its period
 * @property {string} [about]  further sentences
 * @property {'read' | 'write'} access  'write': it can change something
 * @property {Record<string, Option>} options
 * @property {Answer} answer
 * @property {Call} [call]  none: it has no method of its own
 * @property {string} [command]  the command of npx eramjs, if it has one
 * @property {(host: Host, options: any) => Promise<any>} run
 */

/** @typedef {OperationOn<EngineHost>} EngineOperation */
/** @typedef {OperationOn<SchemaHost>} SchemaOperation */
/** @typedef {OperationOn<any>} Operation */

/**
 * The object of which an operation is a method: 'engine', 'jobs', 'cron' or 'schema'.
 * @param {Pick<Operation, 'name'>} operation
 */
export function groupOf({ name }) {
  const [group = '', method] = name.split('.')
  return method === undefined ? 'engine' : group
}

/**
 * The name of the method of an operation.
 * @param {Pick<Operation, 'name'>} operation
 */
export function methodOf({ name }) {
  return name.slice(name.indexOf('.') + 1)
}
