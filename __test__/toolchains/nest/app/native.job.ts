// A job in a child process.
import { EramJob } from 'eramjs'
import { Job } from 'eramjs/nestjs'
import { Mailer } from './mailer'

@Job({ queue: 'natives', filename: __filename, isolation: 'process' })
export class NativeJob extends EramJob {
  constructor(private readonly mailer: Mailer) {
    super()
  }

  async perform(args: { month: string }) {
    return this.mailer.send(`${args.month}@natives`)
  }
}
