// The application under test: the modules of the guide, and providers that each stand for one fact.
import { forwardRef, Inject, Injectable, Module, type OnApplicationShutdown, type OnModuleInit, Scope } from '@nestjs/common'
import { REQUEST } from '@nestjs/core'
import { TerminusModule } from '@nestjs/terminus'
import { type EramEngine, EramJob, type JobContext } from 'eramjs'
import { EramModule, InjectEngine, Job } from 'eramjs/nestjs'
import { Alerts } from './alerts'
import { eram, SettingsModule } from './config.module'
import { EmailUserJob } from './email-user.job'
import { HealthController } from './health.controller'
import { Mailer } from './mailer'
import { NativeJob } from './native.job'
import { UsersController } from './users.controller'

/** What a job's own dependencies know of it. */
@Injectable({ scope: Scope.REQUEST })
export class Current {
  constructor(@Inject(REQUEST) readonly ctx: JobContext) {}
}

@Job({ queue: 'emails' })
export class ScopedJob extends EramJob {
  performed = 0

  constructor(private readonly current: Current) {
    super()
  }

  async perform(_args: object, ctx: JobContext) {
    this.performed += 1
    return { own: this.current.ctx === ctx, performed: this.performed }
  }
}

@Job({ queue: 'emails', max_attempts: 1 })
export class FailingJob extends EramJob {
  perform(): void {
    throw new TypeError('as asked')
  }
}

/** Not a provider. */
export class PlainJob extends EramJob {
  static {
    this.register({ queue: 'emails' })
  }

  perform() {
    return 'plain'
  }
}

/** Should be a provider. */
@Job({ queue: 'emails', max_attempts: 1 })
export class ForgottenJob extends EramJob {
  perform() {}
}

@Injectable()
export class There {
  constructor(@Inject(forwardRef(() => Here)) readonly here: unknown) {}
}

@Injectable()
export class Here {
  constructor(@Inject(forwardRef(() => There)) readonly there: unknown) {}
}

@Job({ queue: 'emails' })
export class CircularJob extends EramJob {
  constructor(private readonly here: Here) {
    super()
  }

  perform() {
    return this.here instanceof Here && this.here.there !== undefined
  }
}

@Module({ imports: [forwardRef(() => ThereModule)], providers: [Here, CircularJob], exports: [Here] })
export class HereModule {}

@Module({ imports: [forwardRef(() => HereModule)], providers: [There], exports: [There] })
export class ThereModule {}

@Injectable()
export class Early implements OnModuleInit, OnApplicationShutdown {
  code = ''

  constructor(
    @InjectEngine() readonly engine: EramEngine,
    @InjectEngine('second') readonly second: EramEngine,
  ) {}

  async onModuleInit() {
    try {
      await this.engine.status()
    } catch (error) {
      this.code = (error as { code: string }).code
    }
  }

  onApplicationShutdown() {
    console.log('the application shuts down')
  }
}

@Module({ imports: [SettingsModule], providers: [Mailer], exports: [Mailer] })
export class MailModule {}

@Module({
  imports: [
    eram,
    EramModule.forRoot({ name: 'second', queues: { natives: 4 }, setup: require.resolve('./natives.setup') }),
    EramModule.forFeature([EmailUserJob], { imports: [MailModule] }),
    HereModule,
    TerminusModule,
  ],
  controllers: [UsersController, HealthController],
  providers: [Alerts, Early, Current, ScopedJob, FailingJob],
})
export class FactsModule {}

export { EmailUserJob, NativeJob }
