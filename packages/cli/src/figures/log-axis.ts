/** The scale options of a logarithmic axis. */
export interface LogAxis {
  readonly type: "log";
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
  readonly tickFormat: (value: number) => string;
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const maxTicks = 8;

const isShort = (value: number): boolean => value >= 1e-2 && value <= 1e4;

/** `10⁻³` for 0.001, `2·10⁻³` for 0.002. */
function formatPower(value: number): string {
  const exponent = Math.floor(Math.log10(value) + 1e-9);
  const factor = Number((value / 10 ** exponent).toPrecision(2));
  const digits = [...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]).join("");
  return `${factor === 1 ? "" : `${factor}·`}10${exponent < 0 ? "⁻" : ""}${digits}`;
}

const formatDigits = (value: number): string => Number(value.toPrecision(3)).toLocaleString("en-US");

// Wide enough for three round values around a single one.
const room = 1.3;

// From coarse to fine: powers of ten, then more of their multiples for a range that holds few of those.
const multiples: readonly (readonly number[])[] = [
  [1],
  [1, 2, 5],
  [1, 2, 3, 4, 5, 6, 7, 8, 9],
  [1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8, 3, 3.5, 4, 4.5, 5, 5.5, 6, 7, 8, 9],
];

/** Spans the positive finite values with a little room, with 3 to 8 ticks at round values. */
export function logAxis(values: readonly number[]): LogAxis {
  const usable = values.filter((value) => value > 0 && Number.isFinite(value));
  const low = usable.reduce((a, b) => Math.min(a, b), Infinity);
  const high = usable.reduce((a, b) => Math.max(a, b), 0);
  const domain: readonly [number, number] = usable.length === 0 ? [0.1, 10] : [low / room, high * room];
  const first = Math.floor(Math.log10(domain[0]));
  const powers = Array.from({ length: Math.ceil(Math.log10(domain[1])) - first + 1 }, (_, i) => first + i);
  const choices = multiples.map((factors) =>
    powers.flatMap((power) => factors.map((factor) => Number(`${factor}e${power}`))).filter((value) => value >= domain[0] && value <= domain[1]),
  );
  const candidates = choices.find(({ length }) => length >= 3) ?? [];
  const every = Math.ceil(candidates.length / maxTicks);
  const ticks = candidates.filter((_, i) => i % every === 0);
  return { type: "log", domain, ticks, tickFormat: ticks.every(isShort) ? formatDigits : formatPower };
}
