// EramModule: an engine in a NestJS application.

import { Module } from '@nestjs/common'
import { DiscoveryModule, DiscoveryService, MetadataScanner, ModuleRef } from '@nestjs/core'
import { EramError } from 'eramjs'
import { workerOf } from './decorators.js'
import { engineOf, getEngineToken } from './engine.js'
import { Explorer } from './explorer.js'
import { EramHealthIndicator } from './health.js'
import { EramLifecycle } from './lifecycle.js'
import { EramFake, fakeEngine, getFakeToken } from './testing.js'

/** @import { DynamicModule, Provider } from '@nestjs/common' */
/** @import { StartOptions } from 'eramjs' */
/** @import { EramModuleAsyncOptions, EramModuleOptions } from './index.js' */

const OPTIONS = 'EramModule:options'

export class EramModule {
  /** @param {EramModuleOptions} [options] @returns {DynamicModule} */
  static forRoot({ isGlobal, ...options } = {}) {
    return engineModule(options.name, isGlobal, [], [{ provide: OPTIONS, useValue: options }])
  }

  /** @param {EramModuleAsyncOptions} options @returns {DynamicModule} */
  static forRootAsync({ name, isGlobal, imports, inject, useFactory, useClass, useExisting }) {
    const given = [useFactory, useClass, useExisting].filter((each) => each !== undefined)
    if (given.length !== 1) {
      throw new EramError('ERAM_CONFIG', `EramModule.forRootAsync: expected one of useFactory, useClass, useExisting, got ${given.length}`)
    }
    /** @type {Provider[]} */
    const providers = useClass ? [useClass] : []
    const factory = useClass ?? useExisting
    if (factory) providers.push({ provide: OPTIONS, inject: [factory], useFactory: (each) => each.createEramOptions() })
    else if (useFactory) providers.push({ provide: OPTIONS, inject: inject ?? [], useFactory })
    return engineModule(name, isGlobal, imports, providers)
  }

  /** @param {{ name?: string, isGlobal?: boolean }} [options] @returns {DynamicModule} */
  static forTest({ name = 'default', isGlobal = true } = {}) {
    return {
      module: EramModule,
      global: isGlobal,
      providers: [
        { provide: EramFake, inject: [ModuleRef], useFactory: (moduleRef) => new EramFake(moduleRef) },
        { provide: getFakeToken(name), inject: [EramFake], useFactory: (/** @type {EramFake} */ { jobs }) => jobs },
        { provide: getEngineToken(name), useFactory: () => fakeEngine(name) },
      ],
      exports: [getEngineToken(name), getFakeToken(name)],
    }
  }

  /** @param {Function[]} jobs @param {{ imports?: any[] }} [options] @returns {DynamicModule} */
  static forFeature(jobs, { imports = [] } = {}) {
    for (const each of jobs) {
      if (workerOf(each) === undefined) {
        throw new EramError('ERAM_CONFIG', `EramModule.forFeature: expected classes with @Job, got ${each?.name || typeof each} without`)
      }
    }
    const providers = /** @type {any[]} */ (jobs)
    return { module: EramModule, imports, providers, exports: providers }
  }
}

Module({})(EramModule)

/**
 * @param {string | undefined} name
 * @param {boolean | undefined} isGlobal
 * @param {DynamicModule['imports']} imports
 * @param {Provider[]} options  give OPTIONS
 * @returns {DynamicModule}
 */
function engineModule(name = 'default', isGlobal = true, imports = [], options) {
  return {
    module: EramModule,
    global: isGlobal,
    imports: [DiscoveryModule, ...imports],
    providers: [
      ...options,
      {
        provide: EramLifecycle,
        inject: [OPTIONS, ModuleRef, DiscoveryService, MetadataScanner],
        useFactory: (/** @type {StartOptions} */ given, moduleRef, discovery, scanner) =>
          new EramLifecycle(name, given, moduleRef, new Explorer(discovery, scanner)),
      },
      { provide: getEngineToken(name), useFactory: () => engineOf(name) },
      EramHealthIndicator,
    ],
    exports: [getEngineToken(name), EramHealthIndicator],
  }
}
