// The CPU profile of an attempt: its flame graph, and its hottest functions. Frame, search and order are in the URL.
import { useMemo } from 'preact/hooks'
import { base } from '../config.ts'
import { duration } from '../format.ts'
import { Heading } from '../parts/heading.tsx'
import { Icon } from '../parts/icons.tsx'
import { useKeys } from '../parts/keys.tsx'
import { Empty, Panel, Skeleton } from '../parts/panel.tsx'
import { useResource } from '../resource.ts'
import { jobHref, navigate, place, setQuery } from '../router.ts'
import { t } from '../strings.en.ts'
import type { CpuProfile, Job } from '../types.ts'
import { Flames, share } from './profile/graph.tsx'
import { Hottest } from './profile/hottest.tsx'
import { below, type Frame, KINDS, matching, treeOf } from './profile/tree.ts'

/** A profile never changes. */
const ONCE = Number.POSITIVE_INFINITY

/** `name`: the id of the job and the number of the attempt, 42/1. */
export function ProfilePage({ name }: { name: string }) {
  const [id = '', attempt = ''] = name.split('/')
  const path = `/jobs/${encodeURIComponent(id)}/attempts/${encodeURIComponent(attempt)}/profile`
  const own = useResource<CpuProfile>(path, ONCE)
  const job = useResource<Job>(`/jobs/${encodeURIComponent(id)}?attempts=true`, ONCE).data.value
  const { query } = place.value
  const zoomedId = Number(query.get('frame'))
  const profile = own.data.value
  useKeys({
    Escape: () => {
      const focused = document.activeElement
      if (focused instanceof HTMLInputElement) focused.blur()
      else if (zoomedId > 0) setQuery({ frame: null })
      else navigate(jobHref(id))
    },
  })
  const error = own.error.value
  const note = job?.attempts?.findLast((each) => each.attempt === Number(attempt) && each.profile)?.profile?.note
  return (
    <article class="page profile">
      <a class="back" href={jobHref(id)}>
        <Icon name="left" /> {t.jobOf(job?.worker, id)}
      </a>
      <Heading title={t.profileOf(id, attempt)}>
        {profile && (
          <a class="button" href={`${base}api/v1${path}`} download={`job-${id}-${attempt}.cpuprofile`}>
            <Icon name="save" />
            {t.downloadProfile}
          </a>
        )}
      </Heading>
      {note && <p class="muted">{t.profileNote(note)}</p>}
      {profile ? (
        <Profile profile={profile} zoomedId={zoomedId} q={query.get('q') ?? ''} withIdle={query.get('idle') === '1'} />
      ) : error ? (
        <Empty icon="search" title={error.status === 404 ? t.noProfile(id, attempt) : error.message} />
      ) : (
        <Skeleton rows={12} />
      )}
    </article>
  )
}

interface Props {
  profile: CpuProfile
  zoomedId: number
  q: string
  withIdle: boolean
}

function Profile({ profile, zoomedId, q, withIdle }: Props) {
  const { root, byId } = useMemo(() => {
    const top = treeOf(profile, withIdle)
    return { root: top, byId: new Map([...below(top)].map((frame) => [frame.id, frame])) }
  }, [profile, withIdle])
  const { frames, time } = useMemo(() => matching(root, q), [root, q])
  const zoomed = byId.get(zoomedId) ?? root
  const zoom = (frame: Frame) => setQuery({ frame: frame === root ? null : String(frame.id) })
  if (root.total === 0) return <Empty icon="clock" title={t.nothingSampled} />
  return (
    <>
      <Panel title={t.flameGraph} actions={zoomed === root ? null : <ZoomOut onClick={() => zoom(root)} />}>
        <div class="flame-bar">
          <label class="quick-filter">
            <Icon name="search" />
            <input
              data-search
              type="search"
              aria-label={t.findFunction}
              placeholder={t.findFunction}
              value={q}
              onInput={(event) => setQuery({ q: event.currentTarget.value }, { replace: true })}
            />
          </label>
          <span class="muted num" role="status">
            {q === '' ? t.sampledFor(duration(root.total)) : t.foundFrames(frames.size, duration(time), share(time, root.total))}
          </span>
          <label class="check">
            <input
              type="checkbox"
              checked={withIdle}
              onChange={(event) => setQuery({ idle: event.currentTarget.checked ? '1' : null, frame: null }, { replace: true })}
            />
            {t.withIdle}
          </label>
        </div>
        <Flames root={root} zoomed={zoomed} found={frames} onZoom={zoom} />
        <ul class="legend pad">
          {KINDS.filter((kind) => kind !== 'idle' || withIdle).map((kind) => (
            <li key={kind}>
              <i class={`swatch k-${kind}`} aria-hidden="true" />
              {t.kindsOfCode[kind]}
            </li>
          ))}
        </ul>
      </Panel>
      <Hottest root={root} />
    </>
  )
}

function ZoomOut({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" onClick={onClick}>
      <Icon name="minus" />
      {t.zoomOut}
    </button>
  )
}
