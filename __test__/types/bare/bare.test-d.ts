// index.d.ts on its own, checked itself as well: in a project without the types of Node or of any library.
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
