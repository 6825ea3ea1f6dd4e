// Reads from an ELF file (programs and libraries of Linux) what it needs: machine, dynamic linker, libraries, versions of symbols.

import { closeSync, openSync, readSync } from 'node:fs'

/** @typedef {{ machine: 'x64' | 'arm64' | undefined, libraries: string[], versions: string[] }} Needs */
/** @typedef {{ type: number, offset: number, address: number, size: number }} Segment */
/** @typedef {(offset: number, length: number) => Buffer} Read  bytes of the file, zeros past its end */

/** @type {Record<number, 'x64' | 'arm64'>} */
const MACHINES = { 62: 'x64', 183: 'arm64' }
const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1
const DT_STRTAB = 5
const DT_VERNEED = 0x6ffffffe
const DT_VERNEEDNUM = 0x6fffffff
/** The longest name that is read, in bytes. */
const NAME_BYTES = 256
/** More entries of one kind are a damaged file. */
const MAX_ENTRIES = 4096

/** The dynamic linker that a program names; undefined if it names none or is not such a file. @param {string} file */
export function interpreterOf(file) {
  return inspect(file, (read, segments) => {
    const segment = segments.find(({ type }) => type === PT_INTERP)
    return segment && text(read, segment.offset)
  })
}

/**
 * What a library needs to be loaded: `versions` are those of symbols, such as `GLIBC_2.17`. Undefined if it is not a 64-bit
 * little-endian ELF file.
 *
 * @param {string} file
 * @returns {Needs | undefined}
 */
export function needsOf(file) {
  return inspect(file, (read, segments, machine) => {
    const entries = dynamicEntries(read, segments)
    const value = (/** @type {number} */ tag) => entries.find((entry) => entry.tag === tag)?.value ?? 0
    const strings = offsetOf(value(DT_STRTAB), segments)
    const name = (/** @type {number} */ at) => text(read, strings + at)
    return {
      machine: MACHINES[machine],
      libraries: entries.filter(({ tag }) => tag === DT_NEEDED).map((entry) => name(entry.value)),
      versions: [...new Set(neededVersions(read, offsetOf(value(DT_VERNEED), segments), value(DT_VERNEEDNUM)).map(name))],
    }
  })
}

/**
 * @template T
 * @param {string} file
 * @param {(read: Read, segments: Segment[], machine: number) => T} look
 * @returns {T | undefined}
 */
function inspect(file, look) {
  let fd
  try {
    fd = openSync(file, 'r')
    const read = reader(fd)
    const header = read(0, 64)
    if (header.readUInt32BE(0) !== 0x7f454c46 || header[4] !== 2 || header[5] !== 1) return undefined
    return look(read, programHeaders(read, header), header.readUInt16LE(18))
  } catch {
    // Not readable: as little known as a file of another kind.
    return undefined
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}

/** @param {number} fd @returns {Read} */
const reader = (fd) => (offset, length) => {
  const bytes = Buffer.alloc(length)
  readSync(fd, bytes, 0, length, offset)
  return bytes
}

/** @param {Read} read @param {Buffer} header @returns {Segment[]} */
function programHeaders(read, header) {
  const table = Number(header.readBigUInt64LE(32))
  const size = header.readUInt16LE(54)
  return Array.from({ length: header.readUInt16LE(56) }, (_, i) => {
    const entry = read(table + i * size, 56)
    const number = (/** @type {number} */ at) => Number(entry.readBigUInt64LE(at))
    return { type: entry.readUInt32LE(0), offset: number(8), address: number(16), size: number(32) }
  })
}

/** @param {Read} read @param {Segment[]} segments */
function dynamicEntries(read, segments) {
  const segment = segments.find(({ type }) => type === PT_DYNAMIC)
  const bytes = read(segment?.offset ?? 0, segment?.size ?? 0)
  return Array.from({ length: Math.floor(bytes.length / 16) }, (_, i) => ({
    tag: Number(bytes.readBigUInt64LE(i * 16)),
    value: Number(bytes.readBigUInt64LE(i * 16 + 8)),
  }))
}

/** Where the file has what is loaded at an address. @param {number} address @param {Segment[]} segments */
function offsetOf(address, segments) {
  const inside = (/** @type {Segment} */ it) => it.type === PT_LOAD && it.address <= address && address < it.address + it.size
  const segment = segments.find(inside)
  return segment ? address - segment.address + segment.offset : 0
}

/** The places of their names among the strings: a list of libraries, each with a list of versions. @param {Read} read @param {number} table @param {number} count */
function neededVersions(read, table, count) {
  /** @type {number[]} */
  const names = []
  let library = table
  for (let i = 0; i < count; i++) {
    const entry = read(library, 16)
    let version = library + entry.readUInt32LE(8)
    for (let j = 0; j < entry.readUInt16LE(2) && names.length < MAX_ENTRIES; j++) {
      const item = read(version, 16)
      names.push(item.readUInt32LE(8))
      version += item.readUInt32LE(12)
    }
    library += entry.readUInt32LE(12)
  }
  return names
}

/** @param {Read} read @param {number} offset */
function text(read, offset) {
  const bytes = read(offset, NAME_BYTES)
  const end = bytes.indexOf(0)
  return bytes.toString('latin1', 0, end < 0 ? NAME_BYTES : end)
}
