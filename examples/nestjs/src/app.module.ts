// The application: users, and the engine that performs their jobs.
import { Module } from '@nestjs/common'
import { EramModule } from 'eramjs/nestjs'
import { DatabaseModule } from './database.module'
import { ReportJob } from './jobs/report.job'
import { ThreadsModule } from './jobs/threads.module'
import { UsersModule } from './users/users.module'

@Module({
  imports: [
    DatabaseModule,
    UsersModule,
    // Where jobs in threads run on the main thread instead, as under jest.
    ThreadsModule,
    EramModule.forRoot({
      queues: { mails: 10, reports: 2 },
      cron: [['0 3 * * *', ReportJob, { month: 'last' }]],
      setup: require.resolve('./eram.setup'),
    }),
  ],
})
export class AppModule {}
