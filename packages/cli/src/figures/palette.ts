/** Ink of the true solution and of text. */
export const ink = "#1f2328";

/** Ink of rules and of secondary text. */
export const faint = "#6e7781";

/** Colours of models and methods, told apart under the common colour-vision deficiencies and in print. */
const palette: readonly string[] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31"];

/** The colour of the `index`th model or method. */
export const colorAt = (index: number): string => palette[index % palette.length];

const dashes: readonly string[] = ["none", "6,3", "2,2", "8,2,2,2"];

/** A second mark of difference, for readers without colour: the first model is a whole line, the others are broken. */
export const dashAt = (index: number): string => dashes[index % dashes.length];
