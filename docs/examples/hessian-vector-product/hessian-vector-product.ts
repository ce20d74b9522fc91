// Products of the Hessian of a loss with vectors, without the Hessian: the gradient of a derivative along a direction v, which a tangent s along with the state gives.
import { at, concat, jvp, mul, slice, stack, sub, tracedField, type Tensor } from "@fluxion/autodiff";
import { linearize, odeProblem, solve, vern7 } from "@fluxion/ode-core";
import { discreteAdjoint } from "@fluxion/sensitivity";

const [n, m] = [2, 4];
// dx/dt = p0 x - p1 x y, dy/dt = p3 x y - p2 y
const rhs = (_t: Tensor, u: Tensor, p: Tensor): Tensor => {
  const [x, y] = [at(u, 0), at(u, 1)];
  return stack([mul(x, sub(at(p, 0), mul(at(p, 1), y))), mul(y, sub(mul(at(p, 3), x), at(p, 2)))]);
};
const field = tracedField(rhs, { dim: n, paramCount: m });
// The state is (u, s) with s = du/dp v, the parameters are (p, v).
const withTangent = tracedField((t, z, q) => {
  const [du, ds] = jvp((u, p) => rhs(t, u, p), [slice(z, 0, n), slice(q, 0, m)], [slice(z, n, 2 * n), slice(q, m, 2 * m)]);
  return concat([du, ds]);
}, { dim: 2 * n, paramCount: 2 * m });

const options = { reltol: 1e-10, abstol: 1e-10, saveAt: 1, sensealg: discreteAdjoint() };
const { u: data } = solve(odeProblem(field, [1, 1], [0, 5], [1.5, 1, 3, 1]), vern7(), { reltol: 1e-10, abstol: 1e-10, saveAt: 1 });

/** Of half the sum of squares of u - data, the gradient is the sum of du/dp' (u - data). */
function gradient(p: readonly number[]): Float64Array {
  const { solution, pull } = linearize(odeProblem(field, [1, 1], [0, 5], p), vern7(), options);
  return pull(solution.u.map((u, k) => u.map((x, i) => x - data[k][i]))).dp;
}

/** Its derivative along v is the sum of (u - data) . s, of which the gradient by p is H v: by u it is s, by s it is u - data. */
function hessianTimes(p: readonly number[], v: readonly number[]): Float64Array {
  const { solution, pull } = linearize(odeProblem(withTangent, [1, 1, 0, 0], [0, 5], [...p, ...v]), vern7(), options);
  return pull(solution.u.map((z, k) => z.map((_, i) => (i < n ? z[n + i] : z[i - n] - data[k][i - n])))).dp.slice(0, m);
}

const [p, v] = [[1.4, 1.1, 2.8, 0.9], [1, -0.5, 0.2, 0.7]];
const h = 1e-5;
const [ahead, behind] = [1, -1].map((sign) => gradient(p.map((x, i) => x + sign * h * v[i])));
const show = (x: Float64Array): string => [...x].map((value) => value.toFixed(4)).join("  ");
console.log(`H v                       ${show(hessianTimes(p, v))}`);
console.log(`by differences            ${show(ahead.map((x, i) => (x - behind[i]) / (2 * h)))}`);
