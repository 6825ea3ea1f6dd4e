// An application that is ended by a signal while a job runs.
import 'reflect-metadata'
import { setTimeout } from 'node:timers/promises'
import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { EramJob } from 'eramjs'
import { EramModule, Job } from 'eramjs/nestjs'

@Injectable()
class Connection implements OnApplicationShutdown {
  open = true

  onApplicationShutdown() {
    this.open = false
    console.log('closed')
  }
}

@Job({ queue: 'slow' })
export class SlowJob extends EramJob {
  constructor(private readonly connection: Connection) {
    super()
  }

  async perform() {
    console.log('began')
    await setTimeout(300)
    console.log('ended', this.connection.open)
    return this.connection.open
  }
}

@Module({ imports: [EramModule.forRoot({ queues: { slow: 1 } })], providers: [Connection, SlowJob] })
class SlowModule {}

async function main() {
  const app = await NestFactory.create(SlowModule, { logger: ['error', 'warn'] })
  app.enableShutdownHooks()
  await app.listen(0, '127.0.0.1')
  await SlowJob.enqueue()
}
main()
