// The instance that performs an attempt, from Nest's container: the provider itself, or of a request-scoped or transient one a new
// instance, whose REQUEST is the context of the job.

import { Scope } from '@nestjs/common'
import { ContextIdFactory } from '@nestjs/core'
import { EramError } from 'eramjs'
import { workerOf } from './decorators.js'

/** @import { ModuleRef } from '@nestjs/core' */
/** @import { CreateJob } from 'eramjs' */

/**
 * @param {ModuleRef} moduleRef
 * @returns {CreateJob}
 */
export function createFrom(moduleRef) {
  return (JobClass, ctx) => {
    const scope = scopeOf(moduleRef, JobClass)
    if (scope === undefined) return createAlone(JobClass)
    if (scope === Scope.DEFAULT) return moduleRef.get(JobClass, { strict: false })
    const contextId = ContextIdFactory.create()
    moduleRef.registerRequestByContextId(ctx, contextId)
    return moduleRef.resolve(JobClass, contextId, { strict: false })
  }
}

/**
 * The scope of a provider, which is that of what it depends on; undefined if no module provides it.
 * @param {ModuleRef} moduleRef
 * @param {any} type
 */
export function scopeOf(moduleRef, type) {
  try {
    return moduleRef.introspect(type).scope
  } catch {
    return undefined
  }
}

/**
 * A class that is not a provider needs nothing of the container, unless it says otherwise.
 * @param {new () => unknown} JobClass
 */
function createAlone(JobClass) {
  if (workerOf(JobClass) === undefined && JobClass.length === 0) return new JobClass()
  const { name } = JobClass
  throw new EramError('ERAM_JOB', `${name}: expected a module that provides it, got none; add it to the providers of a module`)
}
