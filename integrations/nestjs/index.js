// eramjs/nestjs: EramJS in a NestJS application.
//
//   module.js       EramModule: forRoot, forRootAsync, forFeature
//   decorators.js   @Job, @InjectEngine, @OnJobEvent
//   lifecycle.js    starts the engine with the application and stops it before the application's own shutdown
//   explorer.js     the methods with @OnJobEvent that an application has for an engine
//   instances.js    the instance that performs an attempt, from Nest's container
//   engine.js       the engine as providers get it
//   health.js       a health indicator for Terminus
//   testing.js      forTest: a fake in place of the engine
//   setup.js        nestSetup, for jobs in threads and processes
//   state.js        what all copies of this module in an isolate share

export { InjectEngine, Job, OnJobEvent } from './decorators.js'
export { getEngineToken } from './engine.js'
export { EramHealthIndicator } from './health.js'
export { EramModule } from './module.js'
export { nestSetup } from './setup.js'
export { getFakeToken } from './testing.js'
