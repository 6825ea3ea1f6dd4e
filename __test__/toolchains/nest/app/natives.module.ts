// Modules of job processes: one that has what the job needs, and one that lacks the job.
import { Module } from '@nestjs/common'
import { Mailer } from './mailer'
import { NativeJob } from './native.job'

@Module({ providers: [Mailer, NativeJob] })
export class NativesModule {}

@Module({ providers: [Mailer] })
export class LackingModule {}
