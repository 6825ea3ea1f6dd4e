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
 * @property {false} [remote]  false: a remote caller must not give it
 * @property {true} [rounded]  the engine keeps its numbers as integers of 64 bits or as doubles
 * @property {number} [remote_maximum]  of a number that a remote caller gives
 */

/**
 * The answer of an operation.
 * @typedef {object} Answer
 * @property {string} type  as in the declarations of types/; `void` is null in JSON
 * @property {string[]} [dates]  paths of times, through arrays: 'nodes.started_at'; '' is the answer itself
 * @property {true} [payload]  it has what applications put into jobs: args, meta, results, errors, logs
 */

/**
 * How an operation is called over HTTP, see remote/.
 * @typedef {object} Remote
 * @property {string} path  such as '/queues/{queue}/pause', with options in it
 * @property {'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} [method]  GET for those that only read, else POST
 * @property {string} permission  that the caller needs
 * @property {string} [list]  the member in which an answer that is an array is sent
 * @property {true} [inside]  it changes the engine itself, and uses the connections of that
 * @property {true} [counts]  it counts rows, which takes longer than reading a page
 * @property {string} [jobs]  the path of the jobs in the answer, through arrays; '' is the answer itself. They get `can`
 * @property {string} [acts]  'jobs': what the option `action` names needs a permission too, such as jobs:retry
 * @property {true} [paged]  the answer has `next`: the id to pass as `before` for more, or null
 * @property {201} [status]  of an answer, if not 200
 * @property {false} [tool]  false: agents get no tool of it, as other tools say the same or it is about this engine alone
 * @property {true} [destructive]  it may end, overwrite or delete what cannot be brought back
 * @property {true} [idempotent]  a repetition changes nothing more
 */

/**
 * Announces calls of eramjs/web to the addon: what follows in the same turn is the work of the call.
 * @typedef {object} WebCalls
 * @property {(reads: boolean, limit: number, wait: number) => number} begin  gives the number of the call
 * @property {(call: number) => void} leave  its caller has gone
 * @property {(call: number) => string} end  gives its report
 */

/**
 * A running engine, as operations use it.
 * @typedef {object} EngineHost
 * @property {number} id  in this process
 * @property {string} name
 * @property {string} node
 * @property {string} prefix
 * @property {(method: string, ...args: unknown[]) => Promise<any>} call  calls a function of the addon; it answers with JSON
 * @property {(method: string, ...args: unknown[]) => Promise<any>} answer  the same, with JSON in the answer as its text
 * @property {WebCalls} [webCalls]  none where the addon is in another process
 * @property {(message: string) => void} log  a line for the log of the engine
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
 * @property {Remote} [remote]  none: it must not be called remotely
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
