// Runs one job of each kind and prints what became of it, as a line of JSON: [what, …].

import { EramEngine, EramJob } from 'eramjs'
import pg from 'pg'
import * as jobs from './jobs.ts'

const url = String(process.env.DATABASE_URL)

export class MainJob extends EramJob {
  static {
    this.register({ queue: 'main' })
  }
  async perform() {
    return process.pid
  }
}

const print = (...line: unknown[]) => console.log(JSON.stringify(line))
const pool = new pg.Pool({ connectionString: url })
await pool.query('CREATE TABLE notes (text text)')

const engine = await EramEngine.start({
  driver: { type: 'pg', config: { connectionString: url } },
  queues: { threads: { limit: 10, threads: 2 }, loops: 1, processes: 2, main: 1 },
  abort_grace: 200,
  logger: false,
})

/** The event with which an attempt of a job ends. */
const ended = new Map<number, (event: any) => void>()
for (const kind of ['job:stop', 'job:exception'] as const) engine.on(kind, (event) => ended.get(event.job.id)?.(event))

async function outcome(enqueued: (tx: pg.PoolClient) => Promise<{ id: number }>, commit = true): Promise<any> {
  const client = await pool.connect()
  await client.query('BEGIN')
  const { id } = await enqueued(client)
  const event = new Promise((resolve) => ended.set(id, resolve))
  await client.query(commit ? 'COMMIT' : 'ROLLBACK')
  client.release()
  return commit ? event : id
}

const state = ({ job, error }: any) => [job.state, error?.message ?? null]
/** The event loop of this thread must not stand still. */
const beats = setInterval(() => {}, 50)

const own = { pid: process.pid }
print('main', (await outcome((tx) => MainJob.enqueue({}, { tx }))).result === own.pid)
const many = await Promise.all(Array.from({ length: 400 }, (_, n) => outcome((tx) => jobs.CountJob.enqueue({ n }, { tx }))))
print(
  'threads',
  many.length,
  many.every(({ job, result }) => job.state === 'completed' && result.pid === own.pid && result.thread > 0),
)
const inProcess = (await outcome((tx) => jobs.ProcessJob.enqueue({}, { tx }))).result
print('process', inProcess.pid !== own.pid)
print('rolled back', (await engine.jobs.find(await outcome((tx) => jobs.CountJob.enqueue({ n: 0 }, { tx }), false))) === null)
print('transaction', (await outcome((tx) => jobs.TransactedJob.enqueue({ text: 'a' }, { tx }))).result)
print('written', (await pool.query('SELECT text FROM notes')).rows)
print('adopt', ...state(await outcome((tx) => jobs.AdoptJob.enqueue({}, { tx }))))

print('exit', ...state(await outcome((tx) => jobs.CrashJob.enqueue({ how: 'exit' }, { tx }))))
print('uncaught', ...state(await outcome((tx) => jobs.CrashJob.enqueue({ how: 'late' }, { tx }))))
print('killed', ...state(await outcome((tx) => jobs.CrashProcessJob.enqueue({}, { tx }))))
print('loop', ...state(await outcome((tx) => jobs.LoopJob.enqueue({}, { tx }))))
print('loop in process', ...state(await outcome((tx) => jobs.LoopProcessJob.enqueue({}, { tx }))))
print('again', (await outcome((tx) => jobs.CountJob.enqueue({ n: 1 }, { tx }))).result.n)
print('again in process', (await outcome((tx) => jobs.ProcessJob.enqueue({}, { tx }))).result.pid !== inProcess.pid)

print('timeout', ...state(await outcome((tx) => jobs.WaitJob.enqueue({}, { tx, timeout: 100 }))))
const waiting = () => new Promise<number>((resolve) => engine.once('job:log', ({ job }: any) => resolve(job.id)))
const [cancelled] = await Promise.all([outcome((tx) => jobs.WaitJob.enqueue({}, { tx })), waiting().then((id) => engine.jobs.cancel(id))])
print('cancel', ...state(cancelled))

const begun = waiting()
const last = outcome((tx) => jobs.WaitJob.enqueue({}, { tx }))
const id = await begun
await Promise.all([engine.stop({ grace: 100 }), last])
print('stop', (await pool.query('SELECT state, attempt FROM eram_jobs WHERE id = $1', [id])).rows)
clearInterval(beats)
await pool.end()
print('end')
