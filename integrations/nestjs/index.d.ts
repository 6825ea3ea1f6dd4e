// Types of eramjs/nestjs: EramJS in a NestJS application.
import type { DynamicModule, ModuleMetadata, Scope, Type } from '@nestjs/common'
import type { NestFactory } from '@nestjs/core'
import type { EngineEvents, RegisterOptions, Setup, StartOptions } from 'eramjs'

/**
 * Options of the engine, and whether it can be injected everywhere. Nest handles signals:
 * `app.enableShutdownHooks()`.
 */
export interface EramModuleOptions extends Omit<StartOptions, 'signals'> {
  /** Whether modules can inject the engine without importing the module. @default true */
  isGlobal?: boolean
}

/** A provider that gives the options of the engine, for `useClass` and `useExisting`. */
export interface EramOptionsFactory {
  createEramOptions(): Omit<EramModuleOptions, 'isGlobal'> | Promise<Omit<EramModuleOptions, 'isGlobal'>>
}

/** Options of the engine that other providers give: one of `useFactory`, `useClass` and `useExisting`. */
export interface EramModuleAsyncOptions extends Pick<ModuleMetadata, 'imports'> {
  /** Name of the engine. @default 'default' */
  name?: string
  /** Whether modules can inject the engine without importing the module. @default true */
  isGlobal?: boolean
  /** Tokens of the arguments of `useFactory`. */
  inject?: any[]
  useFactory?: (...args: any[]) => Omit<EramModuleOptions, 'isGlobal'> | Promise<Omit<EramModuleOptions, 'isGlobal'>>
  useClass?: Type<EramOptionsFactory>
  useExisting?: Type<EramOptionsFactory>
}

/**
 * Starts an engine with the application, in `onApplicationBootstrap`, and stops it in
 * `beforeApplicationShutdown`, which waits for running jobs up to `grace`.
 *
 * Jobs on the main thread are performed by instances from the application's container.
 *
 * @example
 * \@Module({
 *   imports: [EramModule.forRoot({ queues: { emails: 20 } })],
 *   providers: [Mailer, EmailUserJob],
 * })
 * export class AppModule {}
 */
export declare class EramModule {
  static forRoot(options?: EramModuleOptions): DynamicModule
  /**
   * @example
   * EramModule.forRootAsync({
   *   inject: [ConfigService],
   *   useFactory: (config: ConfigService) => ({ url: config.get('DATABASE_URL'), queues: { emails: 20 } }),
   * })
   */
  static forRootAsync(options: EramModuleAsyncOptions): DynamicModule
  /**
   * For tests, in place of `forRoot`: no engine and no database. What the application enqueues is recorded by a fake of
   * `eramjs/testing`, `app.get(getFakeToken())`, until the application is closed; `perform()` of it performs the jobs with
   * instances from the container. An injected engine enqueues there, too.
   * @example
   * const module = await Test.createTestingModule({ imports: [EramModule.forTest(), UsersModule] }).compile()
   * await module.get(Users).signUp('a@b.c')
   * await module.get<Fake>(getFakeToken()).assertEnqueued(EmailUserJob, { to: 'a@b.c' })
   */
  static forTest(options?: { name?: string; isGlobal?: boolean }): DynamicModule
  /**
   * Provides job classes in a module of their own, with what `imports` exports for them. To provide
   * one beside the providers that it needs, list it in `providers` of their module.
   * @throws {EramError} `ERAM_CONFIG` for a class without `@Job`
   */
  static forFeature(jobs: Type[], options?: { imports?: ModuleMetadata['imports'] }): DynamicModule
}

/** Options of {@link Job}. */
export interface JobDecoratorOptions extends RegisterOptions {
  /**
   * Scope of the provider. By default one instance performs all attempts; with `Scope.REQUEST` or
   * `Scope.TRANSIENT` each attempt has its own.
   * @default Scope.DEFAULT, or what the dependencies ask for
   */
  scope?: Scope
}

/**
 * Registers a job class and makes it a provider. With `filename: __filename` its jobs run in a job
 * thread, whose container {@link nestSetup} makes.
 *
 * @example
 * \@Job({ queue: 'emails', timeout: 60_000 })
 * export class EmailUserJob extends EramJob {
 *   constructor(private readonly mailer: Mailer) {
 *     super()
 *   }
 *
 *   async perform(args: { to: string }) {
 *     await this.mailer.send(args.to)
 *   }
 * }
 * @throws {EramError} `ERAM_JOB` for a class that does not extend EramJob, or an invalid option
 */
export declare function Job(options?: JobDecoratorOptions): ClassDecorator

/**
 * Injects an engine. It can be used once the application has been initialized; before, its methods
 * throw `ERAM_NOT_RUNNING`.
 * @param name of the engine; by default `'default'`
 */
export declare function InjectEngine(name?: string): PropertyDecorator & ParameterDecorator

/**
 * Calls the method with each event of this kind, see {@link EngineEvents}, on the main thread. The
 * provider or controller must have the default scope.
 *
 * @example
 * \@OnJobEvent('job:exception')
 * report(event: EngineEvents['job:exception']) {}
 */
export declare function OnJobEvent(kind: keyof EngineEvents, options?: { engine?: string }): MethodDecorator

/** The injection token of an engine, for `overrideProvider` and `app.get`. */
export declare function getEngineToken(name?: string): string

/** The injection token of the fake of `EramModule.forTest()`. */
export declare function getFakeToken(name?: string): string

/** A health indicator for `@nestjs/terminus`: up while the engine runs and its database answers. */
export declare class EramHealthIndicator {
  /** @param key the name in the result; by default `'eram'`. `engine` is a name, by default `'default'` */
  isHealthy(key?: string, options?: { engine?: string }): Promise<EramHealthResult>
}

/** The result of {@link EramHealthIndicator.isHealthy}, by key. */
export type EramHealthResult = Record<string, { status: 'up' | 'down'; [detail: string]: any }>

/**
 * Makes the setup file for jobs in threads and processes: an application context of the module in
 * each of them, from which the instances of job classes come, closed when it stops. On the main
 * thread the application's own container is used.
 *
 * @param module gives the module
 * @param options of `NestFactory.createApplicationContext`; warnings and errors are logged by
 * default
 * @example
 * // eram.setup.ts
 * export default nestSetup(() => JobsModule)
 */
export declare function nestSetup(
  module: () => Type | Promise<Type>,
  options?: Parameters<typeof NestFactory.createApplicationContext>[1],
): Setup
