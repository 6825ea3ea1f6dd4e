// Holds testing.d.ts against how it is meant to be used. Nothing here runs: each @ts-expect-error is a mistake that `tsc` must find.
import { defineJob, EramJob, type JobContext, type JobRow } from '../../index.js'
import {
  allEnqueued,
  assertEnqueued,
  drain,
  fake,
  type Performed,
  performJob,
  refuteEnqueued,
  startTestEngine,
  waitFor,
  withTestingMode,
} from '../../testing.js'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(_: Equal<A, B>) => {}

class Mail extends EramJob {
  async perform(args: { to: string; copies?: string[] }, _ctx: JobContext) {
    return { sent: args.to }
  }
}
class Silent extends EramJob {
  async perform(_args: { n?: number }) {}
}
const call = defineJob('Call', async (args: { number: number }) => args.number)

// Assertions: a part of the args, or what stands for it.
await assertEnqueued(Mail)
await assertEnqueued(Mail, { to: 'a' })
await assertEnqueued(Mail, { to: /a/, copies: ['b'] }, { wait: '1 s' })
await assertEnqueued(Mail, { to: (to: string) => to.length > 3 })
await assertEnqueued(Mail, { to: { asymmetricMatch: () => true } })
await assertEnqueued(Mail, { copies: undefined })
await assertEnqueued(Mail, async () => {})
await assertEnqueued(call, { number: 1 })
await assertEnqueued({ worker: Mail, args: { to: 'a' }, count: 2, scheduled_in: { days: 1 }, state: ['available', 'scheduled'] })
same<Awaited<ReturnType<typeof assertEnqueued<typeof Mail>>>, JobRow<{ to: string; copies?: string[] }>>(true)
// @ts-expect-error no such member
await assertEnqueued(Mail, { too: 'a' })
// @ts-expect-error of another type
await assertEnqueued(Mail, { to: 3 })
// @ts-expect-error of another type
await refuteEnqueued(call, { number: '1' })
// @ts-expect-error no such member of a job
await assertEnqueued({ worker: Mail, arg: {} })
// @ts-expect-error args of another class
await assertEnqueued({ worker: Mail, args: { number: 1 } })
// @ts-expect-error no such state
await assertEnqueued({ worker: Mail, state: 'done' })
// @ts-expect-error no such option
await allEnqueued(Mail, {}, { wiat: 1 })

// performJob: all args, and the result as it would be stored.
same<Awaited<ReturnType<typeof performJob<typeof Mail>>>, Performed<{ sent: string }>>(true)
same<Performed<{ sent: string }>['result'], { sent: string } | null>(true)
same<Awaited<ReturnType<typeof performJob<typeof Silent>>>['result'], null>(true)
same<Awaited<ReturnType<typeof performJob<typeof call>>>['result'], number | null>(true)
await performJob(Mail, { to: 'a' }, { attempt: 2, throws: false, tx: {}, enqueue: 'real', signal: AbortSignal.timeout(5) })
await performJob(Silent)
await performJob(Silent, { n: 1 })
// @ts-expect-error an argument is missing
await performJob(Mail)
// @ts-expect-error an argument is missing
await performJob(Mail, { copies: [] })
// @ts-expect-error of another type
await performJob(call, { number: 'one' })
// @ts-expect-error no such option
await performJob(Mail, { to: 'a' }, { attempts: 2 })
// @ts-expect-error neither
await performJob(Mail, { to: 'a' }, { enqueue: 'maybe' })
const { state } = await performJob(Mail, { to: 'a' })
// @ts-expect-error it is none of the states of an attempt
if (state === 'executing') throw state

// A fake has the same assertions.
const jobs = fake({ strict: true })
await jobs.assertEnqueued(Mail, { to: 'a' })
jobs.conflict(Mail, { state: 'executing' })
await jobs.perform({ only: [Mail, call], tx: {} })
// @ts-expect-error of another type
await jobs.refuteEnqueued(Mail, { to: 3 })
// @ts-expect-error no such member of a job
jobs.conflict(Mail, { sate: 'executing' })
// @ts-expect-error a fake has no engine
await jobs.perform({ engine: 'default' })

await drain({ only: [Mail, call], with_scheduled: new Date() })
// @ts-expect-error not a class
await drain({ only: ['Mail'] })
await waitFor(7, 'completed', { timeout: '1 s' })
await waitFor(call, 'final')
// @ts-expect-error no such state
await waitFor(7, 'finished')
same<number, ReturnType<typeof withTestingMode<number>>>(true)
// @ts-expect-error no such mode
withTestingMode('live', () => 1)
const live = await startTestEngine({ mode: 'live', queues: { mails: 1 }, keep: 'on-failure', force: true })
same<Promise<void>, ReturnType<(typeof live)[typeof Symbol.asyncDispose]>>(true)
same<void, ReturnType<(typeof jobs)[typeof Symbol.dispose]>>(true)
// @ts-expect-error no such mode
await startTestEngine({ mode: 'quick' })
