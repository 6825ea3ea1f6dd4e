// eramjs/web: the dashboard and the HTTP API of an engine, for operators and their programs.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EramEngine } from 'eramjs'

/** What a caller of the API may do. `view`: everything that only reads. */
export type Permission =
  | 'view'
  /** To see args, meta, results, errors and logs of jobs, and to search by them. */
  | 'jobs:view_payload'
  /** To act on several jobs at once, besides the permission for the action. */
  | 'jobs:bulk'
  | 'jobs:enqueue'
  | 'jobs:cancel'
  | 'jobs:retry'
  | 'jobs:delete'
  | 'jobs:update'
  | 'jobs:profile'
  | 'queues:pause'
  | 'queues:scale'
  | 'queues:stop'
  | 'queues:purge'
  | 'crons:edit'
  | 'crons:pause'
  | 'crons:run'
  | 'nodes:resign'
  /** To see who has changed what. */
  | 'audit:view'

/**
 * What a caller may do: `'read-only'` is `view` and `jobs:view_payload`; an object adds to these, and
 * takes away what is false.
 */
export type Access = 'all' | 'read-only' | 'deny' | { [Name in Permission]?: boolean | undefined }

/** What the server of an application knows of a request. */
export interface Context {
  /** The request of Node.js, with what middleware has added to it; none with `fetch`. */
  req?: any
  /** The user, where middleware has found it: `req.user` otherwise. */
  user?: unknown
  /** The path and query that the client asked for, where the server has taken a part of it away. */
  original?: string | undefined
  /** The address of the client, for the records of changes: behind a proxy, or with `fetch`. @default that of `req` */
  address?: string | undefined
}

/** Options of {@link createWeb}. */
export interface WebOptions {
  /**
   * Who may do what, or the same for all callers. It has no default.
   * @example
   * (user: any) => (user?.admin ? 'all' : user ? { 'jobs:retry': true } : 'deny')
   */
  access: 'all' | 'read-only' | ((user: any, request: Request) => Access | Promise<Access>)
  /**
   * Finds the user of a request, null for none. A Response is sent as it is, such as one that asks for
   * a password.
   * @default the user that the server of the application has found: `context.user`, else `req.user`
   */
  authenticate?: ((request: Request, context: Context) => unknown) | undefined
  /**
   * The path at which it is mounted, where that is part of the URLs that `fetch` receives, such as in
   * Next.js. Servers that take the path away, such as Express, need none.
   * @default ''
   */
  basePath?: string | undefined
  /** Origins whose pages may change something, besides the server's own: behind a proxy that changes the host. @default [] */
  origins?: string[] | undefined
  /** Names of hosts that requests may ask for; others are answered with 421. @default any */
  hosts?: string[] | undefined
  /**
   * Members of args, meta and results that no caller sees or searches by: paths such as
   * `'args.card.*'`, or names such as `'password'`, which are secret at any depth.
   * @default []
   */
  redact?: string[] | undefined
  /** How the dashboard looks. */
  theme?:
    | {
        /** @default 'EramJS' */
        title?: string | undefined
        /** The color of links and buttons; white text must be readable on it. @example '#0f766e' */
        accent?: string | undefined
        /** Which of several installations this is, shown beside the title. @example 'production' */
        env?: string | undefined
      }
    | undefined
  /**
   * Receives each call that changes something, or was refused. The log of the engine has a line for it
   * too, and the table `eram_audit` a row; with false, it has none.
   */
  audit?: ((entry: AuditEntry) => void) | false | undefined
  /**
   * How often the stream looks, in milliseconds: by default, and at least between two looks of any
   * client; 100 to 60_000. False: there is no stream.
   * @default { default: 2000, min: 1000 }
   */
  refresh?: { default?: number | undefined; min?: number | undefined } | false | undefined
  limits?:
    | {
        /** Bytes of a body. @default 1_048_576 */
        body?: number | undefined
        /** Milliseconds for an answer. @default 60_000 */
        timeout?: number | undefined
        /** Milliseconds for which equal reads of callers with equal permissions share an answer. @default 500 */
        keep?: number | undefined
        /** Milliseconds for each statement of a read; 0 for none. @default 500 */
        list?: number | undefined
        /** The same of a read that counts, such as `GET /queues`. @default 1000 */
        count?: number | undefined
        /** The same of a call that changes something. @default 2000 */
        bulk?: number | undefined
        /** Milliseconds for a connection, while other requests have all three. @default 2000 */
        wait?: number | undefined
      }
    | undefined
}

/** A call that changes something. */
export interface AuditEntry {
  /** ISO 8601. */
  at: string
  user: unknown
  /** Name of the operation, as in docs/reference/operations.md. */
  operation: string
  permission: string
  /** What was to be changed: `queue:emails`, `job:12`, `cron:nightly`, `leader`, or `jobs` for several. */
  target: string | null
  /** Its options; args, meta, entries and changes are left out. */
  options: Record<string, unknown>
  /** `refused`: before anything was done, for lack of rights or as a request that another site may have sent. */
  result: 'ok' | 'refused' | 'failed'
  /** Of the answer. */
  status: number
  /** Of the error, if there was one. */
  code?: string | undefined
  /** Of the client, where the server knows it. */
  address: string | null
}

/** What answers requests: the pages of the dashboard, `/assets/` and `/api/v1/`, below where it is mounted. */
export interface Web {
  /** For servers of the fetch API: other paths are answered with 404. */
  fetch(request: Request, context?: Context): Promise<Response>
  /** For Node's servers, Express and NestJS. Other paths go to `next`; without it they are answered with 404. */
  node(request: IncomingMessage, response: ServerResponse, next?: (error?: unknown) => unknown): Promise<unknown>
  /** For Koa. Other paths go to `next`. */
  koa(context: any, next: () => Promise<any>): Promise<any>
  /** A plugin of Fastify, which should have a prefix. */
  fastify(instance: any): Promise<void>
  /** Ends all streams. From now on, each request is answered with 503. The engine goes on. */
  close(): Promise<void>
}

/**
 * Makes the dashboard and the HTTP API of an engine: see docs/guides/dashboard.md and docs/guides/api.md.
 * @example
 * const web = createWeb(engine, { access: (user: any) => (user?.admin ? 'all' : 'deny') })
 * app.use('/eram', web.node) // Express
 * @throws {EramError} `ERAM_CONFIG`
 */
export declare function createWeb(engine: EramEngine, options: WebOptions): Web

/** Options of {@link serve}. */
export interface ServeOptions extends WebOptions {
  /** 0 chooses a free one. @default 4004 */
  port?: number | undefined
  /** @default '127.0.0.1' */
  host?: string | undefined
}

/** A server that was started by {@link serve}. */
export interface Served {
  port: number
  url: string
  close(): Promise<void>
}

/**
 * Starts a server with the dashboard, the API, `/health` and `/ready`; the latter two need no user. It does not keep
 * the process alive. On an address of this machine it answers requests for `localhost` alone.
 * @example
 * await serve(engine, { access: 'read-only', port: 4004 })
 * @throws {EramError} `ERAM_CONFIG` for an invalid option, or a port that is in use
 */
export declare function serve(engine: EramEngine, options: ServeOptions): Promise<Served>
