// Signing up, with a real database and the real engine.
import { INestApplication } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { EramEngine } from 'eramjs'
import { getEngineToken } from 'eramjs/nestjs'
import { DataSource } from 'typeorm'
import { AppModule } from '../app.module'
import { ReportJob } from '../jobs/report.job'
import { MailerService } from './mailer.service'
import { User } from './user.entity'
import { UsersService } from './users.service'

describe('sign-up', () => {
  let app: INestApplication
  let engine: EramEngine

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] }).compile()
    app = await module.createNestApplication().init()
    engine = app.get(getEngineToken())
  })

  afterAll(() => app.close())

  it('welcomes the user', async () => {
    const { user } = await app.get(UsersService).signUp('ada@example.com')
    await engine.drain('mails', { timeout: 30_000 })
    const found = await app.get(DataSource).getRepository(User).findOneByOrFail({ id: user.id })
    expect(found.welcomed).toBe(true)
  })

  it('that fails leaves neither user nor job', async () => {
    const users = app.get(DataSource).getRepository(User)
    const before = await users.count()
    await expect(app.get(UsersService).signUp('no address')).rejects.toThrow('expected an email address')
    expect(await users.count()).toBe(before)
    expect((await engine.drain('mails', { timeout: 30_000 })).success).toBe(0)
  })

  it('is counted by a report', async () => {
    const done = new Promise<{ users: number } | null>((resolve) => ReportJob.onSuccess((job) => resolve(job.result)))
    await ReportJob.enqueue({ month: '2030-01' })
    expect((await done)?.users).toBe(1)
  })
})

describe('with a mailer of the test', () => {
  let app: INestApplication
  const sent: number[] = []

  beforeAll(async () => {
    const module = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(MailerService)
      .useValue({ welcome: async (id: number) => sent.push(id) })
      .compile()
    app = await module.createNestApplication().init()
  })

  afterAll(() => app.close())

  it('the job calls that one', async () => {
    const { user } = await app.get(UsersService).signUp('grace@example.com')
    await app.get<EramEngine>(getEngineToken()).drain('mails', { timeout: 30_000 })
    expect(sent).toEqual([user.id])
  })
})
