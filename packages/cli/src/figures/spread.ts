/** Positions near `wanted`, in its order from top to bottom, at least `gap` apart, from `low` to `high` as far as they have room there. */
export function spread(wanted: readonly number[], gap: number, low: number = -Infinity, high: number = Infinity): readonly number[] {
  const centreOf = (members: readonly number[]): number => {
    const half = (gap * (members.length - 1)) / 2;
    return Math.max(low + half, Math.min(high - half, members.reduce((sum, k) => sum + wanted[k], 0) / members.length));
  };
  const order = wanted.map((_, i) => i).toSorted((a, b) => wanted[a] - wanted[b]);
  // Blocks of touching labels, each centred as near as may be to the mean of what its labels want.
  const blocks: { members: number[]; centre: number }[] = [];
  for (const i of order) {
    let block = { members: [i], centre: centreOf([i]) };
    for (let above = blocks.at(-1); above && above.centre + (gap * (above.members.length + block.members.length)) / 2 > block.centre; above = blocks.at(-1)) {
      blocks.pop();
      const members = [...above.members, ...block.members];
      block = { members, centre: centreOf(members) };
    }
    blocks.push(block);
  }
  const placed = [...wanted];
  for (const { members, centre } of blocks) members.forEach((i, k) => (placed[i] = centre + gap * (k - (members.length - 1) / 2)));
  return placed;
}
