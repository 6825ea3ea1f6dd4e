// Next.js calls register() once when a server starts. The web server only enqueues, so its engine has no queues: it performs no
// jobs, and costs one connection when it is used.
export async function register() {
  if (process.env.NEXT_RUNTIME !== 'nodejs') return
  const { EramEngine } = await import('eramjs')
  await EramEngine.start({ url: process.env.DATABASE_URL })
}
