// Signing up: the user and the job that welcomes them are inserted in one transaction.
import { Injectable } from '@nestjs/common'
import { DataSource } from 'typeorm'
import { WelcomeJob } from '../jobs/welcome.job'
import { User } from './user.entity'

@Injectable()
export class UsersService {
  constructor(private readonly dataSource: DataSource) {}

  signUp(email: string) {
    return this.dataSource.transaction(async (tx) => {
      const user = await tx.save(tx.create(User, { email }))
      const job = await WelcomeJob.enqueue({ id: user.id }, { tx })
      if (!email.includes('@')) throw new Error('expected an email address')
      return { user, job: job.id }
    })
  }
}
