/** A row of a matrix for the three stages. */
export type Row = readonly [number, number, number];
/** A matrix for the three stages. */
export type Matrix = readonly [Row, Row, Row];

/**
 * Coefficients of the three-stage Radau IIA method, whose matrix is `A`: `A^-1 = T L TInverse`, where `L` holds `gamma` and the block
 * `[[alpha, -beta], [beta, alpha]]`; `e` weighs the stages in the error estimate. Evaluated from the closed form in 50 digits.
 *
 * @source Hairer, Wanner, Solving Ordinary Differential Equations II (1996), sections IV.5 and IV.8.
 */
export const radauIIA5Tableau: {
  readonly c: Row;
  readonly gamma: number;
  readonly alpha: number;
  readonly beta: number;
  readonly T: Matrix;
  readonly TInverse: Matrix;
  readonly e: Row;
} = {
  c: [0.1550510257216822, 0.6449489742783178, 1],
  gamma: 3.637834252744496,
  alpha: 2.6810828736277523,
  beta: 3.0504301992474105,
  T: [
    [0.09123239487089295, -0.1412552950209542, -0.030029194105147424],
    [0.241717932707107, 0.20412935229379994, 0.3829421127572619],
    [0.966048182615093, 1, 0],
  ],
  TInverse: [
    [4.325579890063155, 0.33919925181580984, 0.5417705399358749],
    [-4.178718591551905, -0.32768282076106237, 0.47662355450055044],
    [-0.5028726349457868, 2.571926949855605, -0.5960392048282249],
  ],
  e: [-10.048809399827416, 1.382142733160749, -1 / 3],
};
