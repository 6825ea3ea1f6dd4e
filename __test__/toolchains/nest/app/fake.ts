// An application whose engine is a fake; prints what came of its jobs as one line of JSON.
import 'reflect-metadata'
import { Injectable, Module } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { type EramEngine, EramJob } from 'eramjs'
import { EramModule, getFakeToken, InjectEngine, Job } from 'eramjs/nestjs'
import type { Fake } from 'eramjs/testing'

@Injectable()
class Sender {
  send(to: string) {
    return `sent to ${to}`
  }
}

@Job({ queue: 'fakes' })
class FakedJob extends EramJob {
  constructor(private readonly sender: Sender) {
    super()
  }
  async perform({ to }: { to: string }) {
    return this.sender.send(to)
  }
}

@Injectable()
class Users {
  constructor(@InjectEngine() readonly eram: EramEngine) {}
  async signUp(to: string) {
    await this.eram.enqueue(FakedJob, { to })
  }
}

@Module({ imports: [EramModule.forTest()], providers: [Sender, FakedJob, Users] })
class FakedModule {}

async function main() {
  const app = await Test.createTestingModule({ imports: [FakedModule] }).compile()
  await app.init()
  const jobs = app.get<Fake>(getFakeToken())
  await app.get(Users).signUp('a@b.c')
  await FakedJob.enqueue({ to: 'd@e.f' })
  const recorded = (await jobs.allEnqueued(FakedJob)).map(({ args }) => args.to)
  const performed = await jobs.perform()
  const sent = performed.jobs.map(({ result }) => result)
  let missing = ''
  try {
    void app.get(Users).eram.jobs
  } catch (error) {
    missing = (error as Error).message
  }
  await app.close()
  const after = await FakedJob.enqueue({ to: 'late' }).then(
    () => 'enqueued',
    (error) => error.code,
  )
  console.log(JSON.stringify({ recorded, sent, missing, after }))
}

main()
