// eramjs/http: health, readiness, the load of queues and metrics over HTTP.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EramEngine, PrometheusOptions } from 'eramjs'

/** Options of {@link handler}. */
export interface HandlerOptions {
  /** @default { health: '/health', ready: '/ready', queues: '/queues', metrics: '/metrics' } */
  paths?: { health?: string | undefined; ready?: string | undefined; queues?: string | undefined; metrics?: string | undefined } | undefined
  /** Whether to show the load of queues. @default true */
  queues?: boolean | undefined
  /**
   * Whether to serve metrics, or the options of {@link EramEngine.prometheus}; without `format` each
   * client gets the format that it prefers.
   * @default true
   */
  prometheus?: boolean | PrometheusOptions | undefined
  /**
   * Whether to answer a request; anything but true is answered with 403.
   * @default every request is answered
   */
  authorize?: ((request: Request) => boolean | Promise<boolean>) | undefined
}

/** What answers requests. */
export interface Handler {
  /** For servers of the fetch API, such as Hono: a path of no other meaning is answered with 404. */
  fetch(request: Request): Promise<Response>
  /**
   * For Node's servers and Express. Other paths go to `next`; without `next` they are answered
   * with 404.
   */
  node(request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => unknown): Promise<unknown>
  /** For Koa. Other paths go to `next`. */
  koa(context: any, next: () => Promise<any>): Promise<any>
  /** A plugin of Fastify, which may have a prefix. */
  fastify(instance: any): Promise<void>
}

/**
 * Makes a handler for an engine. It answers GET and HEAD with names and numbers, no arguments of
 * jobs and no errors; metrics are a text, all else is JSON.
 *
 * - `/health` 200 if the engine is live, else 503: for liveness probes. Never depends on the database.
 * - `/ready` 200 if the engine is ready, else 503: for readiness probes. The body is
 *   {@link EramEngine.health}; with `?deep=1` the database is asked.
 * - `/queues`, `/queues/<name>` {@link EramEngine.backlog}, at most 2 s old: for autoscalers. 404 for
 *   a queue without nodes, settings and jobs; 503 without a database.
 * - `/metrics` {@link EramEngine.prometheus}: for Prometheus.
 *
 * @example
 * app.use(handler(engine).node) // Express
 * @throws {EramError} `ERAM_CONFIG`
 */
export declare function handler(engine: EramEngine, options?: HandlerOptions): Handler

/** Options of {@link serve}. */
export interface ServeOptions extends HandlerOptions {
  /** 0 chooses a free one. @default 9394 */
  port?: number | undefined
  /** `'0.0.0.0'` for all addresses, as the probes of Kubernetes need it. @default '127.0.0.1' */
  host?: string | undefined
}

/** A server that was started by {@link serve}. */
export interface Served {
  port: number
  url: string
  close(): Promise<void>
}

/**
 * Starts a server with a {@link handler} alone. It does not keep the process alive.
 * @example
 * await serve(engine, { port: 9394, host: '0.0.0.0' })
 * @throws {EramError} `ERAM_CONFIG` for an invalid option, or a port that is in use
 */
export declare function serve(engine: EramEngine, options?: ServeOptions): Promise<Served>
