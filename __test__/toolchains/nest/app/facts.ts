// Starts the application on an adapter, performs jobs, and prints what came of it as one line of JSON.
import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { Test } from '@nestjs/testing'
import { EramEngine, EramJob } from 'eramjs'
import { handler } from 'eramjs/http'
import { EramModule, getEngineToken, Job } from 'eramjs/nestjs'
import { Alerts } from './alerts'
import { CircularJob, Early, EmailUserJob, FactsModule, FailingJob, ForgottenJob, NativeJob, PlainJob, ScopedJob } from './facts.module'
import { Mailer } from './mailer'
import { ReportJob } from './report.job'
import { ThreadsModule } from './threads.module'

type Attempt = { state: string; result: unknown; error: { kind: string; message: string } | null }

/** Enqueues a job, and waits until an attempt of its class has ended. */
function performed(JobClass: any, args: object = {}, options: object = {}): Promise<Attempt> {
  return new Promise((resolve, reject) => {
    const off = JobClass.onAttempt(({ state, result, error }: Attempt) => {
      off()
      resolve({ state, result, error: error && { kind: error.kind, message: error.message } })
    })
    JobClass.enqueue(args, options).catch(reject)
  })
}

const messageOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: Error) => error.message,
  )

async function main() {
  const fastify = process.env.ADAPTER === 'fastify'
  const app = await (fastify
    ? NestFactory.create(FactsModule, new FastifyAdapter() as any, { logger: ['error', 'warn'] })
    : NestFactory.create(FactsModule, { logger: ['error', 'warn'] }))
  const eram = handler(app.get(getEngineToken()))
  await (fastify ? (app as any).register(eram.fastify, { prefix: '/eram' }) : app.use('/eram', eram.node))
  await app.listen(0, '127.0.0.1')
  const { port } = app.getHttpServer().address()
  const url = `http://127.0.0.1:${port}`
  const listeners = () => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)

  const signedUp = new Promise((resolve) => {
    const off = EmailUserJob.onSuccess((job) => {
      off()
      resolve(job.result)
    })
  })
  const response = await fetch(`${url}/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'ada@example.com' }),
  })
  const facts: Record<string, unknown> = {
    posted: response.status,
    main: await signedUp,
    process: await performed(NativeJob, { month: '2030-01' }, { engine: 'second' }),
    scoped: [await performed(ScopedJob), await performed(ScopedJob)],
    failing: await performed(FailingJob),
    seen: app.get(Alerts).seen.map((line) => line.replace(/\d+/, 'ID')),
    plain: await performed(PlainJob),
    forgotten: await performed(ForgottenJob),
    circular: await performed(CircularJob),
    early: app.get(Early).code,
    engines: [app.get(Early).engine.name, app.get(Early).second.name, app.get(getEngineToken()) instanceof EramEngine],
    status: Object.keys(((await (await fetch(`${url}/status`)).json()) as { queues: object }).queues),
    health: await (await fetch(`${url}/health`)).json(),
    probed: [(await fetch(`${url}/eram/ready?deep=1`)).status, (await fetch(`${url}/eram/other`)).status],
    metrics: /^eram_leader\{engine="default"\} [01]$/m.test(await (await fetch(`${url}/eram/metrics`)).text()),
  }
  const before = listeners()
  for (let i = 0; i < 200; i++) await performed(EmailUserJob, { email: `${i}@example.com` })
  facts.left_behind = listeners() - before
  await EramEngine.get().stop()
  facts.ill = [(await fetch(`${url}/health`)).status, ((await (await fetch(`${url}/health`)).json()) as any).error?.eram?.status]
  await app.close()
  facts.running = await messageOf((async () => EramEngine.get())())

  const threads = await NestFactory.createApplicationContext(ThreadsModule, { logger: ['error', 'warn'] })
  facts.thread = await performed(ReportJob, { month: '2030-01' })
  await threads.close()

  // What a test replaces.
  const replaced = await Test.createTestingModule({ imports: [FactsModule] })
    .overrideProvider(Mailer)
    .useValue({ send: async (email: string) => `kept ${email}` })
    .overrideProvider(ScopedJob)
    .useValue({ perform: () => 'replaced' })
    .compile()
  const tested = await replaced.createNestApplication().init()
  facts.overridden = [(await performed(EmailUserJob, { email: 'a@b.c' })).result, (await performed(ScopedJob)).result]
  await tested.close()

  // What is refused.
  const startOf = async (imports: any[]) => {
    @Module({ imports })
    class AnyModule {}
    const context = await NestFactory.createApplicationContext(AnyModule, { logger: false, abortOnError: false })
    await context.close()
  }
  const twin = async () => {
    class Twin extends EramJob {
      perform() {}
    }
    Job({ name: 'FailingJob' })(Twin)
  }
  facts.refused = [
    await messageOf(startOf([EramModule.forRoot({ queues: { natives: 2 }, setup: require.resolve('./lacking.setup') })])),
    await messageOf(twin()),
    await messageOf((async () => EramModule.forFeature([PlainJob]))()),
    await messageOf((async () => Job()(Mailer))()),
    await messageOf((async () => EramModule.forRootAsync({}))()),
  ]
  console.log(JSON.stringify(facts))
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
