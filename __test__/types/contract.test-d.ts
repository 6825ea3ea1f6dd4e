// Holds index.d.ts against how it is meant to be used. Nothing here runs: `tsc` is the test, and each @ts-expect-error is a
// mistake that it must find.
import {
  CancelJob,
  DiscardJob,
  defineConfig,
  type EramConfig,
  EramEngine,
  EramError,
  EramJob,
  type JobAttempt,
  type JobContext,
  type Middleware,
  type OnError,
  RetryJob,
  type Setup,
  SnoozeJob,
} from '../../index.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Equal<A, B>) => {}

class Mail extends EramJob {
  static {
    const registered = this.register({
      filename: import.meta.filename,
      queue: 'emails',
      max_attempts: 20,
      priority: 0,
      tags: [],
      unique: { period: 30 },
    })
    same<typeof registered, typeof Mail>(true)
  }

  async perform(args: { email: string; copies?: number; sent_at?: string }, ctx: JobContext) {
    if (ctx.attempt > 3) return ctx.cancel('enough')
    if (args.copies === 0) throw new SnoozeJob(60)
    ctx.log.info('sending', args.email)
    ctx.signal.throwIfAborted()
    return { sent: true }
  }
}

class Nightly extends EramJob {
  perform() {}
}

class Loose extends EramJob {
  perform(args: any) {
    return args
  }
}

class Optional extends EramJob {
  perform(_args: { dry?: boolean }) {}
}

class Arrow extends EramJob {
  perform = async (args: { id: number }) => args.id
}

// register
Mail.register({
  backoff: { base: 2, factor: 3, max: 60, jitter: 0.5 },
  timeout: { minutes: 5 },
  aliases: ['Email'],
  isolation: 'process',
  transaction: true,
})
Mail.register({ unique: true, version: 'pinned', filename: new URL('file:///x.js') })
// @ts-expect-error unknown option
Mail.register({ queu: 'emails' })
// @ts-expect-error a backoff function is a method of the class
Mail.register({ backoff: () => 1 })
// @ts-expect-error the base class performs nothing
new EramJob()

// Constructors with parameters, for instances that the application makes
class Injected extends EramJob {
  constructor(readonly mailer: { send(to: string): void }) {
    super()
  }

  perform(args: { to: string }) {
    this.mailer.send(args.to)
  }
}
const injected = Injected.register({ queue: 'emails' })
same<typeof injected, typeof Injected>(true)
await Injected.enqueue({ to: 'a@b.c' })
// @ts-expect-error a wrong type of argument
await Injected.enqueue({ to: 5 })
const setup: Setup = { container: new Map<unknown, unknown>(), stop: () => {} }
await EramEngine.start({ create: (JobClass, ctx) => new JobClass(ctx.id), setup: ['/a.js', new URL('file:///b.js')] })
const reported: OnError = (error, { job, final, phase }) => {
  void [error, job?.worker, final, phase === 'perform']
  // @ts-expect-error no such phase
  void (phase === 'performing')
}
const surrounded: Middleware = {
  async enqueue({ drafts, transaction }, next) {
    for (const draft of drafts) {
      draft.set({ priority: transaction ? 1 : 2 })
      draft.context({ request: { id: 'r' } })
      // @ts-expect-error no such option
      draft.set({ prio: 1 })
    }
    return next()
  },
  async attempt(ctx, next) {
    const { state, duration_ms } = await next()
    void [ctx.id, state === 'discard', duration_ms.toFixed()]
  },
  perform: (_args, ctx, next) => (ctx.attempt > 1 ? ctx.cancel() : next()),
}
const later: Setup = { onError: reported, attempt: surrounded.attempt, stop() {} }
EramEngine.use(surrounded)()
class Surrounded extends EramJob {
  static override use = [surrounded]
  perform() {}
}
void Surrounded
await EramEngine.start({ onError: reported, otel: { propagation: 'link', spans: ['process'] } })
// @ts-expect-error no such propagation
await EramEngine.start({ otel: { propagation: 'parent' } })
void [setup, later]

// enqueue: the two forms
const job = await Mail.enqueue({ email: 'a@b.c' })
await Mail.enqueue({ email: 'a@b.c', copies: 2, sent_at: new Date() }, { priority: 1, schedule_in: 60 })
await Mail.enqueue({ email: 'a@b.c' }, { scheduled_at: new Date(), unique: false, timeout: false, notify: false, state: 'suspended' })
await Mail.enqueue({ args: { email: 'a@b.c' }, priority: 1 })
await Mail.enqueue({ args: { email: 'a@b.c' }, priority: 1 }, { tx: null })
await Nightly.enqueue()
await Nightly.enqueue({ since: 'yesterday' })
await Optional.enqueue()
await Optional.enqueue(undefined, { queue: 'x' })
await Loose.enqueue({ anything: [1, { goes: true }] })
await Arrow.enqueue({ id: 1 })
// @ts-expect-error a wrong type of argument
await Mail.enqueue({ email: 5 })
// @ts-expect-error a missing argument
await Mail.enqueue({})
// @ts-expect-error no arguments at all
await Mail.enqueue()
// @ts-expect-error an unknown argument
await Mail.enqueue({ email: 'a@b.c', subject: 'x' })
// @ts-expect-error an unknown option
await Mail.enqueue({ email: 'a@b.c' }, { prio: 1 })
// @ts-expect-error a wrong argument in the other form
await Mail.enqueue({ args: { email: 5 }, priority: 1 })
// the alias of early examples
await Mail.equeue({ args: { email: 'a@b.c' }, priority: 1 })
// @ts-expect-error the alias checks arguments too
await Mail.equeue({ email: 5 })

// what JSON cannot carry
class Bad extends EramJob {
  perform(_args: { n: bigint }) {}
}
class Dated extends EramJob {
  perform(_args: { at: Date }) {}
}
// @ts-expect-error a bigint cannot travel
await Bad.enqueue({ n: 1n })
// @ts-expect-error perform gets a string: say so there, and pass the Date
await Dated.enqueue({ at: new Date() })

type Tree = { name: string; children?: Tree[]; kind: 'leaf' | 'node'; value: string | number | null }
class Deep extends EramJob {
  perform(_args: { tree: Tree; pair: [string, number]; any: any; unknown: unknown; map: Record<string, number[]> }) {}
}
const tree: Tree = { name: 'a', kind: 'leaf', value: null, children: [{ name: 'b', kind: 'node', value: 1 }] }
await Deep.enqueue({ tree, pair: ['a', 1], any: 1n, unknown: {}, map: { a: [1] } })
// @ts-expect-error a Date is not a 'leaf' | 'node'
await Deep.enqueue({ tree: { ...tree, kind: new Date() }, pair: ['a', 1], any: 1, unknown: 1, map: {} })

// what enqueue gives
const email: string = job.args.email
const copies: number | undefined = job.args.copies
const byName: string = (await EramEngine.enqueue(Mail, { email: 'a@b.c' })).args.email
const oneObject: string = (await Mail.enqueue({ args: { email: 'a@b.c' } })).args.email
const optional: boolean | undefined = (await Optional.enqueue()).args.dry
const [first] = await EramEngine.enqueueAll([Mail.new({ email: 'a@b.c' })])
same<NonNullable<typeof first>['args'], { email: string; copies?: number; sent_at?: string }>(true)
const dated = await Mail.enqueue({ email: 'a@b.c', sent_at: new Date() })
// @ts-expect-error a Date was given, and stays one in what enqueue returns
const sent: string | undefined = dated.args.sent_at
const given: string | Date | undefined = dated.args.sent_at
void [email, copies, byName, oneObject, optional, sent, given]
const id: number = job.id
const due: Date = job.scheduled_at
if (job.conflict) {
  void [job.errors, job.priority, job.completed_at?.getTime()]
} else {
  const state: 'available' | 'scheduled' | 'suspended' = job.state
  // @ts-expect-error only the one that was there shows all its columns
  void [state, job.errors]
}
void [id, due]

// drafts
const drafts = [Mail.new({ email: 'x' }), Mail.new({ email: 'y' }, { priority: 2 }), Mail.new({ args: { email: 'z' }, queue: 'q' })]
await EramEngine.enqueueAll(drafts)
await EramEngine.enqueueAll(new Set(drafts), { prefix: 'jobs' })
await EramEngine.enqueueAll([Mail.new({ email: 'x' }), Nightly.new(), { worker: 'Other', args: { a: 1 }, priority: 1 }])
// @ts-expect-error a draft has no transaction of its own
Mail.new({ email: 'x' }, { tx: null })
// @ts-expect-error nor arguments of another class
Mail.new({ id: 1 })
// @ts-expect-error options belong to the drafts
await EramEngine.enqueueAll(drafts, { priority: 1 })

// by name
await EramEngine.enqueue('Mail', { email: 'a@b.c' }, { engine: 'reports' })
await EramEngine.enqueue(Mail, { email: 'a@b.c' })
// @ts-expect-error a class brings its types along
await EramEngine.enqueue(Mail, { email: 5 })

// listeners
const unsubscribe: () => void = Mail.onSuccess((done) => {
  const email: string = done.args.email
  const result: unknown = done.result
  void [email, result, done.run_ms]
})
Arrow.onAttempt((done) => {
  const result: number | null = done.result
  void [result, done.state === 'failure']
})
unsubscribe()

// the context
class Contextual extends EramJob {
  async perform(args: { id: number }, ctx: JobContext<{ id: number }>) {
    const same_id: number = ctx.job.args.id
    await ctx.enqueue(Mail, { email: 'x' }, { schedule_in: '1 minute' })
    await ctx.enqueue('Other')
    // @ts-expect-error typed as everywhere
    await ctx.enqueue(Mail, { mail: 'x' })
    await ctx.adopt(4711)
    if (args.id === same_id) return ctx.snooze(5)
    if (ctx.job.errors[0]?.code === 'ECONNRESET') throw ctx.retry({ after: 30, cause: new Error('x') })
    throw new DiscardJob('why', { cause: new Error('x') })
  }

  override backoff(attempt: number, _error: unknown) {
    return attempt * 2
  }

  override async afterError(error: unknown, args: { id: number }, ctx: JobContext) {
    void [error, args.id, ctx.id]
  }
}
void Contextual

// start, as in the handbook
const engine = await EramEngine.start({
  driver: { type: 'typeorm', config: { type: 'postgres', url: 'postgres://', entities: ['dist/**/*.entity.js'] } },
  queues: {
    default: { limit: 10, threads: { group: 'shared', count: 2 } },
    emails: 20,
    reports: { limit: 4, threads: 4, resource_limits: { max_old_generation_size_mb: 512 } },
  },
  prune: { interval: 30_000, limit: 10_000, max_age: 86_400 },
  lifeline: { interval: 60_000, rescue_after: 3_600_000 },
  reindexer: { schedule: '@midnight', indexes: ['eram_jobs_args_index', 'eram_jobs_meta_index'], timeout: 15, timezone: 'Etc/UTC' },
  cron: [
    ['* * * * * ', Nightly],
    ['0 * * * * ', Loose, { custom: 'arg' }],
    ['@daily', 'ByName', undefined, { timezone: 'Europe/Berlin', guaranteed: true, queue: 'x' }],
    { schedule: '@hourly', job: Nightly, name: 'hourly', args: { a: 1 } },
  ],
})
await EramEngine.start({ driver: { url: 'postgres://localhost' }, stager: false, cron: false, signals: true })
const cron = await engine.cron.upsert(['@daily', Nightly, {}, { name: 'n', paused: true }])
const next: Date | null = cron.next_at
await engine.cron.update('n', { schedule: '@weekly', queue: null, unique: { period: Infinity }, job: Nightly, args: {} })
const times: Date[] = await engine.cron.next('@daily', { timezone: 'Asia/Tokyo', count: 2, after: new Date() })
// @ts-expect-error a name stays
await engine.cron.update('n', { name: 'm' })
// @ts-expect-error no job
await engine.cron.insert({ schedule: '@daily' })
engine.on('cron:missed', ({ missed, made_up }) => [missed.toFixed(), made_up === true])
void [next, times]
await EramEngine.start({ driver: { type: 'custom', filename: '/app/driver.js', config: { a: 1 } } })
await EramEngine.migrate({ url: 'postgres://localhost', prefix: 'jobs', search_indexes: true })
// @ts-expect-error unknown option
await EramEngine.start({ queus: {} })
// @ts-expect-error unknown driver
await EramEngine.start({ driver: { type: 'mysql', config: {} } })
// @ts-expect-error rescue_afer
await EramEngine.start({ lifeline: { rescue_afer: 1 } })
// @ts-expect-error engines are started
new EramEngine()

engine
  .on('job:exception', ({ job, error, state }) => void [job.worker, error?.message, state === 'discard'])
  .on('*', (event) => void event.event)
  .once('job:log', ({ level, message }) => void [level, message])
// @ts-expect-error no such event
engine.on('job:stopp', () => {})
const stopListening = await engine.listen('cache', (payload) => void payload.key)
await engine.notify('cache', { key: 'x' })
stopListening()

const found = await engine.jobs.find<{ email: string }>(1, { attempts: true })
const status: JobAttempt['status'] | undefined = found?.attempts[0]?.status
const lines: string[] | undefined = (await engine.jobs.attempts(1))?.[0]?.logs?.map(({ message }) => message)
void [lines, found?.progress?.value]
void [status, found?.args.email.length, found?.completed_at?.getTime()]
await engine.jobs.list({ state: ['available', 'retryable'], queue: 'emails', tags: 'x', limit: 50 })
const [touched] = await engine.jobs.cancel({ worker: 'Mail', args: { email: 'x' } }, { reason: 'gone' })
void touched?.previous
await engine.jobs.retry(1)
await engine.jobs.delete([1, 2])
await engine.jobs.update(1, { priority: 0, schedule_in: 5 })
// @ts-expect-error no such state
await engine.jobs.list({ state: 'done' })
await engine.scale('emails', { limit: 5 })
await engine.pause('emails')
await engine.resume({ queue: 'emails', node: 'a' })
await engine.stop({ grace: 100 })

// errors
try {
  await engine.status()
} catch (error) {
  if (error instanceof EramError && error.code === 'ERAM_DATABASE' && error.sqlstate === '40001') throw error
  // @ts-expect-error no such code
  if (error instanceof EramError && error.code === 'ERAM_NOPE') throw error
  if (error instanceof RetryJob) void error.after
  if (error instanceof CancelJob) void error.reason.length
}

// A config: the options of an engine and those of the command line, as an object or as a function.
const config = defineConfig({ jobs: ['jobs/*.ts'], queues: { default: 10 }, http: { port: 9394 } })
same<typeof config, EramConfig>(true)
defineConfig(async ({ command, env }) => ({ url: env.URL, queues: command === 'worker' ? { default: 1 } : undefined }))
// @ts-expect-error jobs are patterns in an array
defineConfig({ jobs: 'jobs/*.ts' })
// @ts-expect-error an option that the engine does not have
defineConfig({ queus: { default: 10 } })

// driver adapters, also under the names of Prisma's
{
  const failed: import('eramjs').Error = { kind: 'GenericJs', id: 1 }
  const result: import('eramjs').Result<never> = { ok: false, error: failed }
  const begin = async (): Promise<import('eramjs').Transaction> => {
    throw result
  }
  await (await begin()).commit()
}
