/** Numbers in [0, 1) that are the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The bytes in pieces that end at the given positions, wherever in a character or a line those may be. */
export function cutAt(bytes: Uint8Array, positions: readonly number[]): readonly Uint8Array[] {
  const ends = [...new Set([...positions, bytes.length])]
    .filter((end) => end > 0 && end <= bytes.length)
    .sort((left, right) => left - right);
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

/** Some thirty pieces of very different lengths. */
export function inPieces(bytes: Uint8Array, random: () => number): readonly Uint8Array[] {
  return cutAt(
    bytes,
    Array.from({ length: 30 }, () => Math.floor(random() ** 2 * bytes.length)),
  );
}
