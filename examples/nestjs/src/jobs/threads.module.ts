// What the jobs in threads need.
import { Module } from '@nestjs/common'
import { DatabaseModule } from '../database.module'
import { ReportJob } from './report.job'

@Module({ imports: [DatabaseModule], providers: [ReportJob] })
export class ThreadsModule {}
