// Defines the methods of a class from the table: those of EramEngine, engine.jobs and engine.cron.

import { EramError } from '../shared/errors.js'
import { groupOf, methodOf } from './operation.js'
import { perform, setHost } from './perform.js'
import { remoteOf } from './remote/index.js'
import { operations } from './table/index.js'

/** @import { Call, EngineHost, Operation } from './operation.js' */

/**
 * Defines a method for each operation of a group.
 * @param {object} target
 * @param {'engine' | 'jobs' | 'cron'} group
 */
function defineMethods(target, group) {
  for (const operation of operations) {
    if (operation.call && groupOf(operation) === group) defineMethod(target, operation, operation.call)
  }
}

/**
 * @param {object} target
 * @param {Operation} operation
 * @param {Call} call
 */
function defineMethod(target, operation, { read }) {
  const name = methodOf(operation)
  const { [name]: value } = {
    /** @this {object} @param {...any} args */
    async [name](...args) {
      try {
        return await perform(operation, this, read(...args))
      } catch (error) {
        throw coded(error, operation.name)
      }
    },
  }
  Object.defineProperty(value, 'length', { value: read.length, configurable: true })
  Object.defineProperty(target, name, { value, writable: true, configurable: true })
}

/** The member of an engine that eramjs/web uses, whichever copy of this package either is of. */
const REMOTE = Symbol.for('eram.remote')

/**
 * Whatever cannot be read of the arguments has a code too.
 * @param {unknown} error
 * @param {string} name  of the operation
 */
function coded(error, name) {
  if (!(error instanceof TypeError || error instanceof RangeError || error instanceof SyntaxError) || 'code' in error) return error
  return new EramError('ERAM_CONFIG', `${name}: expected arguments that can be read, got others: ${error.message}`, { cause: error })
}

/** Classes of engines that have their methods. @type {WeakSet<object>} */
const equipped = new WeakSet()

/**
 * Gives an engine its methods.
 * @param {object} engine
 * @param {EngineHost} host
 */
export function equip(engine, host) {
  const prototype = Object.getPrototypeOf(engine)
  if (!equipped.has(prototype)) defineMethods(prototype, 'engine')
  equipped.add(prototype)
  setHost(engine, host)
  Object.defineProperty(engine, REMOTE, { get: () => remoteOf(host), configurable: true })
  return { jobs: new Jobs(host), cron: new Crons(host) }
}

/** engine.jobs */
export class Jobs {
  /** @param {EngineHost} host */
  constructor(host) {
    setHost(this, host)
  }
}

/** engine.cron */
export class Crons {
  /** @param {EngineHost} host */
  constructor(host) {
    setHost(this, host)
  }
}

defineMethods(Jobs.prototype, 'jobs')
defineMethods(Crons.prototype, 'cron')
