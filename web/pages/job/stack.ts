// Reads the stack of an error as V8 writes it.

export interface Frame {
  name: string
  place: string
  isLibrary: boolean
}

export interface Group {
  isLibrary: boolean
  frames: Frame[]
}

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')
const LIBRARY = /node_modules|\bnode:|<anonymous>|\(native\)/

export function frames(stack: string): Frame[] {
  return stack
    .replace(ANSI, '')
    .split('\n')
    .flatMap((line) => {
      const [, call] = /^\s*at (.+)$/.exec(line) ?? []
      if (call === undefined) return []
      const [, name = '', place = ''] = /^(.*?) \((.*)\)$/.exec(call) ?? [undefined, '', call]
      return [{ name, place: place.replace(/^file:\/\//, ''), isLibrary: LIBRARY.test(place) }]
    })
}

/** Runs of frames of the application, and of libraries. */
export function grouped(all: readonly Frame[]): Group[] {
  const groups: Group[] = []
  for (const frame of all) {
    const last = groups.at(-1)
    if (last && last.isLibrary === frame.isLibrary) last.frames.push(frame)
    else groups.push({ isLibrary: frame.isLibrary, frames: [frame] })
  }
  return groups
}
