// index.d.ts on its own, checked itself as well: in a project without the types of Node or of any library.
import { defineJob, enqueue, statement } from '../../../enqueue.js'
import { EramEngine, EramError, EramJob, type JobContext } from '../../../index.js'

class Mail extends EramJob {
  async perform(args: { email: string }, ctx: JobContext) {
    ctx.signal.throwIfAborted()
    return args.email
  }
}

const job = await Mail.enqueue({ email: 'a@b.c' }, { tx: null })
const engine: EramEngine = await EramEngine.start({ queues: { default: 1 } })
engine.on('job:stop', ({ job: { id }, result }) => void [id === job.id, result])
void EramError

const MailJob = defineJob<{ email: string }>('Mail', { queue: 'mail' })
const sql = async (text: string, params: string[]) => [{ eram: text + params.length }]
const one = await enqueue(sql, MailJob.new({ email: 'a@b.c' }, { schedule_in: '1 minute' }), { prefix: undefined })
const email: string | Date = one.args.email
const many = await enqueue(sql, [MailJob.new({ email: 'a@b.c' }), { worker: 'Other', args: { a: 1 } }])
const { text, params } = statement(MailJob.new({ email: 'a@b.c' }))
void [email, many[0]?.id, await sql(text, params)]
// @ts-expect-error arguments are checked
MailJob.new({ mail: 'a@b.c' })
// @ts-expect-error arguments are required
MailJob.new()
// @ts-expect-error options, too
MailJob.new({ email: 'a@b.c' }, { priorty: 1 })
// @ts-expect-error a connection string cannot run a statement
await enqueue('postgres://a', MailJob.new({ email: 'a@b.c' }))
