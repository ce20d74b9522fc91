import type { Algorithm, Tableau } from "../algorithm.ts";
import { readOptions } from "../config.ts";
import { explicitRk } from "../explicit-rk.ts";

/** Options of {@link tsit5}: none. */
export type Tsit5Options = Readonly<Record<never, never>>;

/** `b_i(theta) = theta r[i][0] + theta^2 r[i][1] + theta^3 r[i][2] + theta^4 r[i][3]`, one row per stage. */
const r = Float64Array.of(
  1, -2.763706197274826, 2.9132554618219126, -1.0530884977290216,
  0, 0.1317, -0.2234, 0.1017,
  0, 3.9302962368947516, -5.941033872131505, 2.490627285651253,
  0, -12.411077166933676, 30.33818863028232, -16.548102889244902,
  0, 37.50931341651104, -88.1789048947664, 47.37952196281928,
  0, -27.896526289197286, 65.09189467479366, -34.87065786149661,
  0, 1.5, -4, 2.5,
);

const tableau: Tableau = {
  a: [
    [],
    [0.161],
    [-0.008480655492356989, 0.335480655492357],
    [2.8971530571054935, -6.359448489975075, 4.3622954328695815],
    [5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525],
    [5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383],
    [0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774],
  ],
  b: [0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774, 0],
  c: [0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1],
  bError: [
    -0.001780011052225777, -0.0008164344596567469, 0.007880878010261995, -0.1447110071732629, 0.5823571654525552, -0.45808210592918697,
    1 / 66,
  ],
  fsal: true,
  dense: {
    order: 4,
    a: [],
    c: [],
    weights: (theta, out) => {
      for (let i = 0; i < 7; i++) {
        const j = 4 * i;
        out[i] = theta * (r[j] + theta * (r[j + 1] + theta * (r[j + 2] + theta * r[j + 3])));
      }
    },
    weightsDerivative: (theta, out) => {
      for (let i = 0; i < 7; i++) {
        const j = 4 * i;
        out[i] = r[j] + theta * (2 * r[j + 1] + theta * (3 * r[j + 2] + theta * 4 * r[j + 3]));
      }
    },
  },
};

/**
 * Tsitouras 5(4): order 5 with step-size control, seven stages of which the last is the next step's first (six evaluations
 * per step), and its own continuous extension of order 4 at no further evaluation. The default choice for non-stiff problems.
 *
 * @throws OdeError `INVALID_OPTION` for any option.
 * @source Tsitouras, Comput. Math. Appl. 62 (2011) 770-775, doi:10.1016/j.camwa.2011.06.002.
 */
export function tsit5(options: Tsit5Options = {}): Algorithm {
  readOptions("tsit5", options, {});
  return explicitRk("tsit5", 5, tableau);
}
