import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatTrajectoryCsv, parseTrajectoryCsv } from "./trajectory-csv.ts";
import type { Trajectory } from "./trajectory.ts";

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
/** Of states: what was not observed is NaN. */
const entry = fc.oneof({ weight: 4, arbitrary: finite }, fc.constant(NaN));
const options = { columns: ["q", "v"], what: "data.csv" };

const trajectory: fc.Arbitrary<Trajectory> = fc.record({
  t: fc.uniqueArray(finite, { minLength: 2, maxLength: 12, comparator: (a, b) => a === b }).map((values) => Float64Array.from(values).toSorted()),
  first: fc.array(fc.tuple(entry, entry), { minLength: 12, maxLength: 12 }),
}).map(({ t, first }) => ({ t, u: first.slice(0, t.length).map((state) => Float64Array.from(state)) }));

const bits = ({ t, u }: Trajectory): unknown => [t, ...u].map((values) => [...new BigUint64Array(values.slice().buffer)]);

describe("trajectory CSV", () => {
  test("any trajectory comes back bit for bit", () => {
    fc.assert(
      fc.property(trajectory, (given) => {
        expect(bits(parseTrajectoryCsv(formatTrajectoryCsv(given, options.columns), options))).toEqual(bits(given));
      }),
    );
  });

  test("column order, spaces, line ends and a byte-order mark do not matter", () => {
    const read = parseTrajectoryCsv("\uFEFFv, t ,q\r\n1,0, 2.5\r\n-3e-2,.5,+4.\r\n\r\n", options);
    expect(read).toEqual({ t: Float64Array.of(0, 0.5), u: [Float64Array.of(2.5, 1), Float64Array.of(4, -0.03)] });
  });

  test("what was not observed is an empty field or NaN, and is written as the former", () => {
    const read = parseTrajectoryCsv("t,q,v\n0,1,2\n1,,NaN\n2, ,\n3,nan,-1\n4,,\n", options);
    expect(read).toEqual({ t: Float64Array.of(0, 1, 2, 3, 4), u: [[1, 2], [NaN, NaN], [NaN, NaN], [NaN, -1], [NaN, NaN]].map((state) => Float64Array.from(state)) });
    expect(formatTrajectoryCsv(read, options.columns)).toBe("t,q,v\n0,1,2\n1,,\n2,,\n3,,-1\n4,,\n");
  });

  test.each([
    ["an empty file", "", 'line 1 must name the columns t, q, v: "" is unknown'],
    ["an unknown column", "t,q,w\n0,1,2\n1,1,2", 'line 1 must name the columns t, q, v: "w" is unknown'],
    ["a missing column", "t,q\n0,1\n1,1", 'line 1 must name the columns t, q, v: "v" is missing'],
    ["no time", "q,v\n0,1\n1,1", 'line 1 must name the columns t, q, v: "t" is missing'],
    ["a column twice", "t,q,v,q\n0,1,2,3\n1,1,2,3", 'line 1 must name the columns t, q, v: "q" stands twice'],
    ["no header", "0,1,2\n1,1,2", 'line 1 must name the columns t, q, v: "0" is unknown'],
    ["a header alone", "t,q,v\n", "line 2 must hold a state, two being the fewest for a trajectory: the file ends there"],
    ["one row", "t,q,v\n0,1,2\n", "line 3 must hold a state, two being the fewest for a trajectory: the file ends there"],
    ["too few fields", "t,q,v\n0,1,2\n1,1", "line 3 must have 3 fields: it has 2"],
    ["a blank line inside", "t,q,v\n0,1,2\n\n1,1,2", "line 3 must have 3 fields: it has 1"],
    ["text for a number", "t,q,v\n0,1,2\n1,one,2", 'line 3 must have a finite number or nothing for "q": "one"'],
    ["a time that is missing", "t,q,v\n0,1,2\nNaN,1,2", 'line 3 must have a finite number for "t": "NaN"'],
    ["a word for a missing number", "t,q,v\n0,1,NA\n1,1,2", 'line 2 must have a finite number or nothing for "v": "NA"'],
    ["a number beyond float64", "t,q,v\n0,1,1e999\n1,1,2", 'line 2 must have a finite number or nothing for "v": "1e999"'],
    ["an empty field for the time", "t,q,v\n0,1,2\n,1,2", 'line 3 must have a finite number for "t": ""'],
    ["a hexadecimal number", "t,q,v\n0,0x10,2\n1,1,2", 'line 2 must have a finite number or nothing for "q": "0x10"'],
    ["falling times", "t,q,v\n0,1,2\n2,1,2\n1,1,2", "line 4 must have t > 2: t is 1"],
    ["equal times", "t,q,v\n0,1,2\n0,1,2", "line 3 must have t > 0: t is 0"],
  ])("%s is refused with file and line", (_, text, message) => {
    expect(() => parseTrajectoryCsv(text, options)).toThrow(expect.objectContaining({ code: "INVALID_FILE", message: `Cannot read data.csv as ${message}` }));
  });

  test("a trajectory that could not be read back is not written", () => {
    const t = Float64Array.of(0, 1);
    const state = Float64Array.of(1, 2);
    expect(() => formatTrajectoryCsv({ t, u: [state] }, options.columns)).toThrow(expect.objectContaining({ code: "SHAPE_MISMATCH" }));
    expect(() => formatTrajectoryCsv({ t, u: [state, Float64Array.of(1)] }, options.columns)).toThrow("u[1]");
    expect(() => formatTrajectoryCsv({ t, u: [state, Float64Array.of(1, Infinity)] }, options.columns)).toThrow(expect.objectContaining({ code: "NON_FINITE" }));
    expect(() => formatTrajectoryCsv({ t: Float64Array.of(0, NaN), u: [state, state] }, options.columns)).toThrow(expect.objectContaining({ code: "NON_FINITE" }));
    const invalid = expect.objectContaining({ code: "INVALID_ARGUMENT" });
    expect(() => formatTrajectoryCsv({ t: t.slice(0, 1), u: [state] }, options.columns)).toThrow(invalid);
    for (const end of [0, -1]) expect(() => formatTrajectoryCsv({ t: Float64Array.of(0, end), u: [state, state] }, options.columns)).toThrow(invalid);
    for (const columns of [["a", "a"], ["t", "a"], ["a,b", "c"], [" a", "b"], ["", "b"]]) {
      expect(() => formatTrajectoryCsv({ t, u: [state, state] }, columns)).toThrow(invalid);
      expect(() => parseTrajectoryCsv("t,a\n0,1\n1,2\n", { columns, what: "x.csv" })).toThrow(invalid);
    }
  });
});
