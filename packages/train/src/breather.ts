/** Lets timers and signals run now and then, without slowing the loop; `pause` is called after them. */
export function breather(pause: () => void = () => {}): () => Promise<void> | undefined {
  let last = performance.now();
  return () => {
    if (performance.now() - last < 50) return undefined;
    return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
      pause();
      last = performance.now();
    });
  };
}
