// A small line or bars without axes, for rows and tiles.

interface Props {
  points: (number | null)[]
  label: string
  kind?: 'bars' | 'line'
}

const WIDTH = 100
const HEIGHT = 24

export function Spark({ points, label, kind = 'bars' }: Props) {
  const top = Math.max(1, ...points.map((point) => point ?? 0))
  const step = WIDTH / Math.max(1, points.length)
  const yOf = (point: number) => HEIGHT - 1 - (point / top) * (HEIGHT - 3)
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {kind === 'bars' ? (
        <path
          d={points
            .map((point, n) => (point ? `M${n * step + 0.4} ${HEIGHT}V${yOf(point)}h${Math.max(0.5, step - 0.8)}V${HEIGHT}Z` : ''))
            .join('')}
        />
      ) : (
        <path
          class="line"
          d={points
            .map((point, n) =>
              point === null ? '' : `${n === 0 || points[n - 1] === null ? 'M' : 'L'}${n * step + step / 2} ${yOf(point)}`,
            )
            .join('')}
        />
      )}
      <path class="axis" d={`M0 ${HEIGHT - 0.5}H${WIDTH}`} />
    </svg>
  )
}
