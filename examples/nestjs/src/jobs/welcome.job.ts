// Welcomes a user. Waits for I/O most of the time, so it runs on the main thread, in the application's own container.
import { EramJob } from 'eramjs'
import { Job } from 'eramjs/nestjs'
import { MailerService } from '../users/mailer.service'

@Job({ queue: 'mails' })
export class WelcomeJob extends EramJob {
  constructor(private readonly mailer: MailerService) {
    super()
  }

  async perform(args: { id: number }) {
    return this.mailer.welcome(args.id)
  }
}
