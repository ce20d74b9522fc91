/** A linear memory. */
export interface HostMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The part of the host's WebAssembly object that is used; the ECMAScript library has no types for it. */
export interface HostWebAssembly {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  validate(bytes: Uint8Array<ArrayBuffer>): boolean;
  readonly Memory: new (descriptor: { readonly initial: number }) => HostMemory;
  readonly Instance: new (module: object, imports: { readonly env: Readonly<Record<string, unknown>> }) => { readonly exports: unknown };
}

/** Undefined where the host has none. */
export const webAssembly: HostWebAssembly | undefined = (globalThis as { readonly WebAssembly?: HostWebAssembly }).WebAssembly;
