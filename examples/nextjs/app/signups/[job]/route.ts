// GET /signups/17: the state and the result of job 17, as the engine of this server finds it.
import { EramEngine } from 'eramjs'

export async function GET(_request: Request, { params }: { params: Promise<{ job: string }> }) {
  const { job } = await params
  const found = await EramEngine.get().jobs.find(Number(job))
  if (!found) return Response.json({ error: `job ${job}: expected one, there is none` }, { status: 404 })
  return Response.json({ state: found.state, result: found.result })
}
