// An activation of one's own in every model that takes a network.
import { mul, sigmoid } from "@fluxion/autodiff";
import { hamiltonianNN } from "@fluxion/hnn";
import { lagrangianNN, structuredLagrangianNN } from "@fluxion/lnn";
import { mlp } from "@fluxion/nn-core";
import { neuralODE, secondOrderNeuralODE } from "@fluxion/node";
import { testVectorField } from "@fluxion/testkit";
import { describe, expect, test } from "vitest";

const network = mlp({ hidden: [3, 3], activation: (x) => mul(x, sigmoid(x)) });
const wave = (size: number): Float64Array => Float64Array.from({ length: size }, (_, i) => 0.6 * Math.sin(1 + 1.7 * i));
const u = Float64Array.of(0.3, -0.4, 0.5, 0.7);

describe.each([
  lagrangianNN({ coordinates: 2, network }),
  structuredLagrangianNN({ coordinates: 2, network }),
  hamiltonianNN({ coordinates: 2, network }),
  neuralODE({ dim: 4, network }),
  secondOrderNeuralODE({ coordinates: 2, network }),
])("$name", (model) => {
  testVectorField(model, { u, p: wave(model.paramCount) });
});

test("a Lagrangian network's accelerations and their gradient, which takes three derivatives of it, are those of JAX", () => {
  // JAX 0.10 in float64: solve(hessian(L, v), grad(L, q) - jacobian(grad(L, v), q) v), and jax.grad of its product with (0.8, -1.3) by p, q and v.
  const accelerations = [-0.01493707669539407, -0.0042881747074734996];
  const byParameters = [
    -0.00868623681324799, 0.0047918222300050144, -0.00283565907504896, -0.005680092585476855, -0.04415332686757426, 0.023262735079612407, -0.003137228300831935, -0.03904040623880933,
    0.03236576561973171, -0.019903109999836834, 0.009482540412792211, 0.014871240753561093, -0.006919597203675015, -0.029960897221211237, 0.020408083426850215, 0.0014579473935077021,
    0.010456833003627002, 0.018884417300772758, -0.021457308105295423, -0.04407176741211131, -0.10531341575337709, 0.00207821888553074, 0.003184345187748911, 0.008226476304314083,
    -0.014897615237199992, -0.001840587903073839, 0.0023377994639508506, -0.07001175994069238, 0.001658091117741979, 0.181089347586002, 0,
  ];
  const byState = [-0.01048735315469451, -0.007256687362152971, 0.002348905882497083, -0.0027778373181955394];
  const bound = lagrangianNN({ coordinates: 2, network }).bind(wave(31));
  const [out, outU, outP] = [new Float64Array(4), new Float64Array(4), new Float64Array(31)];
  bound.rhs(0, u, out);
  bound.vjp!(0, u, Float64Array.of(0, 0, 0.8, -1.3), outU, outP);
  const check = (found: Float64Array, expected: readonly number[]): void => found.forEach((x, i) => expect(Math.abs(x - expected[i])).toBeLessThan(1e-14));
  check(out.subarray(2), accelerations);
  check(outP, byParameters);
  check(outU, byState);
});
