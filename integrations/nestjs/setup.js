// nestSetup: a setup file for the jobs of a NestJS application that run in threads and processes. Each of them has an application
// context of its own.

import { ModuleRef, NestFactory } from '@nestjs/core'
import { EramError } from 'eramjs'
import { createFrom, scopeOf } from './instances.js'
import { state } from './state.js'

/** @import { INestApplicationContext, Type } from '@nestjs/common' */
/** @import { CreateJob, Setup } from 'eramjs' */

/**
 * @param {() => Type | Promise<Type>} module
 * @param {Parameters<typeof NestFactory.createApplicationContext>[1]} [options]
 * @returns {Setup}
 */
export function nestSetup(module, options) {
  /** @type {Promise<{ app: INestApplicationContext, create: CreateJob }> | undefined} */
  let opening

  const open = async () => {
    const type = await module()
    const app = await NestFactory.createApplicationContext(type, { logger: ['warn', 'error', 'fatal'], ...options, abortOnError: false })
    const moduleRef = app.get(ModuleRef)
    return { app, moduleRef, create: createFrom(moduleRef), name: type.name }
  }

  return {
    async start({ isolate, workers }) {
      // The application itself has a container on the main thread.
      if (isolate === 'main') return
      state.isJobIsolate = true
      const opened = open()
      opening = opened
      const { moduleRef, name } = await opened
      const check = (/** @type {string} */ worker, /** @type {Function} */ JobClass) => {
        if (!workers.includes(worker) || scopeOf(moduleRef, JobClass) !== undefined) return
        throw new EramError(
          'ERAM_JOB',
          `${worker}: expected ${name} to provide it, got no such provider; add it to the module of nestSetup`,
        )
      }
      for (const [worker, JobClass] of state.decorated) check(worker, JobClass)
      // Job files that the module does not import are loaded after this.
      state.onDecorated = check
    },
    async resolve(JobClass, ctx) {
      opening ??= open()
      const { create } = await opening
      return create(JobClass, ctx)
    },
    async stop() {
      state.onDecorated = null
      const opened = await opening?.catch(() => undefined)
      await opened?.app.close()
    },
  }
}
