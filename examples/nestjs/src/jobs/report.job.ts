// Counts users. It keeps a thread busy, so it runs in a job thread, with the container that eram.setup.ts makes there.
import { EramJob } from 'eramjs'
import { Job } from 'eramjs/nestjs'
import { DataSource } from 'typeorm'
import { User } from '../users/user.entity'

@Job({ queue: 'reports', filename: __filename })
export class ReportJob extends EramJob {
  constructor(private readonly dataSource: DataSource) {
    super()
  }

  async perform(args: { month: string }) {
    const users = await this.dataSource.getRepository(User).count()
    return { month: args.month, users }
  }
}
