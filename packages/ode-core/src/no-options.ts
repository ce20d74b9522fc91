/** Options of a factory that takes none. */
export type NoOptions = Readonly<Record<string, never>>;
