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
  const factor = Math.round(value / 10 ** exponent);
  const digits = [...String(Math.abs(exponent))].map((digit) => superscripts[Number(digit)]).join("");
  return `${factor === 1 ? "" : `${factor}·`}10${exponent < 0 ? "⁻" : ""}${digits}`;
}

const formatDigits = (value: number): string => Number(value.toPrecision(3)).toLocaleString("en-US");

/** Spans the positive finite values with a little room, ticks at powers of ten, or at 1, 2 and 5 times them if that is too few. */
export function logAxis(values: readonly number[]): LogAxis {
  const usable = values.filter((value) => value > 0 && Number.isFinite(value));
  const low = usable.reduce((a, b) => Math.min(a, b), Infinity);
  const high = usable.reduce((a, b) => Math.max(a, b), 0);
  const domain: readonly [number, number] = usable.length === 0 ? [0.1, 10] : [low / 1.25, high * 1.25];
  const first = Math.floor(Math.log10(domain[0]));
  const powers = Array.from({ length: Math.ceil(Math.log10(domain[1])) - first + 1 }, (_, i) => first + i);
  const inside = (value: number): boolean => value >= domain[0] && value <= domain[1];
  const tens = powers.map((power) => 10 ** power).filter(inside);
  const every = Math.ceil(tens.length / maxTicks);
  const ticks = tens.length >= 3 ? tens.filter((_, i) => i % every === 0) : powers.flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power)).filter(inside);
  return { type: "log", domain, ticks, tickFormat: ticks.every(isShort) ? formatDigits : formatPower };
}
