// The decorators: they note on classes and methods what the explorer finds.

import { Inject, Injectable } from '@nestjs/common'
import { EramError } from 'eramjs'
import { getEngineToken } from './engine.js'
import { state } from './state.js'

/** @import { JobDecoratorOptions } from './index.js' */

const JOB = Symbol.for('eramjs.nestjs.job')
const EVENTS = Symbol.for('eramjs.nestjs.events')

/** @typedef {{ kind: string, engine: string }} Subscription */

/** @param {JobDecoratorOptions} [options] */
export function Job({ scope, ...options } = {}) {
  // The place of a class distinguishes it from others of its name, and this function is called there.
  const frame = callerOf(Job)
  return (/** @type {any} */ JobClass) => {
    if (typeof JobClass?.register !== 'function' || typeof JobClass.prototype?.perform !== 'function') {
      const name = JobClass?.name || 'the class'
      throw new EramError('ERAM_JOB', `@Job: expected ${name} to extend EramJob, with a method perform, got a class that does not`)
    }
    Injectable({ scope })(JobClass)
    JobClass.register(options, frame)
    const worker = options.name ?? JobClass.name
    Reflect.defineMetadata(JOB, worker, JobClass)
    state.decorated.set(worker, JobClass)
    state.onDecorated?.(worker, JobClass)
  }
}

/** @param {string} [name] */
export function InjectEngine(name) {
  return Inject(getEngineToken(name))
}

/** @param {string} kind @param {{ engine?: string }} [options] */
export function OnJobEvent(kind, { engine = 'default' } = {}) {
  return (/** @type {object} */ _, /** @type {string | symbol} */ __, /** @type {PropertyDescriptor} */ descriptor) => {
    const before = subscriptionsOf(descriptor.value)
    Reflect.defineMetadata(EVENTS, [...before, { kind, engine }], descriptor.value)
  }
}

/**
 * The worker name of a class with @Job; a subclass does not inherit it.
 * @param {unknown} type
 * @returns {string | undefined}
 */
export function workerOf(type) {
  return typeof type === 'function' ? Reflect.getOwnMetadata(JOB, type) : undefined
}

/** @param {Function} method @returns {Subscription[]} */
export function subscriptionsOf(method) {
  return Reflect.getOwnMetadata(EVENTS, method) ?? []
}

/** The stack frame that called a function. @param {Function} called */
function callerOf(called) {
  const holder = { stack: '' }
  Error.captureStackTrace(holder, called)
  return String(holder.stack)
    .split('\n')
    .find((line) => /^\s+at /.test(line))
}
