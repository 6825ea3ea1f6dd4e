// Options that come from elsewhere and may be undefined, under exactOptionalPropertyTypes.
import type {
  CronChanges,
  CronOptions,
  DraftOptions,
  DrainOptions,
  EnqueueOptions,
  EnvironmentOptions,
  IdleOptions,
  JobChanges,
  JobFilter,
  LifelineOptions,
  MigrateOptions,
  NamedDraft,
  PruneOptions,
  QueueOptions,
  QueueTarget,
  RegisterOptions,
  ReindexerOptions,
  StagerOptions,
  StartOptions,
  TransactionOptions,
  UniqueOptions,
} from '../../../index.js'
import { EramEngine, EramJob } from '../../../index.js'

/** The optional members that do not take undefined. */
type Refusing<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? ({ [P in K]: undefined } extends Pick<T, K> ? never : K) : never }[keyof T]
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Equal<A, B>) => {}

// The test itself: it finds a member that does not.
same<Refusing<{ a?: 1; b?: 2 | undefined; c: 3 }>, 'a'>(true)

same<Refusing<StartOptions & QueueOptions & PruneOptions & LifelineOptions & IdleOptions & StagerOptions & ReindexerOptions>, never>(true)
same<Refusing<DraftOptions & UniqueOptions & TransactionOptions & CronOptions>, never>(true)
same<Refusing<CronChanges>, never>(true)
same<Refusing<JobChanges>, never>(true)
same<Refusing<JobFilter>, never>(true)
same<Refusing<NamedDraft>, never>(true)
same<Refusing<MigrateOptions & EnvironmentOptions & DrainOptions & QueueTarget>, never>(true)
// Where undefined is more often a misspelled name, it is refused at runtime too.
same<Refusing<EnqueueOptions>, 'tx'>(true)
same<Refusing<RegisterOptions>, 'filename'>(true)

class Export extends EramJob {
  async perform(args: { x: number; note?: string }) {
    return args.x
  }
}

declare const from: { delay?: number; queue: string | undefined; url: string | undefined; limit?: number }
await Export.enqueue({ x: 1 }, { schedule_in: from.delay, queue: from.queue, unique: { period: from.delay } })
await EramEngine.enqueueAll([Export.new({ x: 1 }, { priority: from.limit })], { prefix: from.queue })
const engine = await EramEngine.start({
  url: from.url,
  node: from.queue,
  queues: { exports: { limit: from.limit } },
  prune: { limit: from.limit },
})
await engine.stop({ grace: from.delay })
await engine.scale('exports', { limit: 1, node: from.queue })
await engine.jobs.list({ queue: from.queue, limit: from.limit })
// @ts-expect-error a transaction that may be missing
await Export.enqueue({ x: 1 }, { tx: undefined })
