"""Gradients of a Lagrangian network in JAX, one compiled function each, timed in several forms.

jax_lnn.py TASK H COUNT DTYPE SECONDS, DTYPE being f64 or f32. Reads as doubles, from standard input, the parameters, the COUNT
states[4], and the targets; prints a JSON list with one entry for each form. The tasks and their input are those of ../native/networks/main.cpp:
    acceleration   mean over the states of |q'' - target|^2; targets[COUNT][2]
    rollout        mean square error of RK4 trajectories at t = 0.01, 0.02, ..., 1; targets[COUNT][100][4]
"""

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np

STEPS = 100
DT = 0.01


def unflatten(p, H):
    """The weights without the last bias, which shifts L and has no effect."""
    sizes = [4 * H, H, H * H, H, H, 1]
    w1, b1, w2, b2, w3, _ = jnp.split(p, np.cumsum(sizes)[:-1])
    return w1.reshape(H, 4), b1, w2.reshape(H, H), b2, w3


def lagrangian(weights, q, v):
    w1, b1, w2, b2, w3 = weights
    return w3 @ jax.nn.softplus(w2 @ jax.nn.softplus(w1 @ jnp.concatenate([q, v]) + b1) + b2)


def solve(a, b, d, r):
    """[[a, b], [b, d]]^-1 r"""
    return jnp.stack([d * r[0] - b * r[1], a * r[1] - b * r[0]]) / (a * d - b * b)


def automatic(weights, x):
    """q'' = M^-1 (dL/dq - C v): one reverse sweep of L and its tangents along v0, v1 and (v, 0), which costs less than the Hessian."""
    q, v = x[:2], x[2:]

    def slopes(q, v):
        dq, dv = jax.grad(lagrangian, (1, 2))(weights, q, v)
        return dv, dq

    _, along, dq = jax.linearize(slopes, q, v, has_aux=True)
    zero = jnp.zeros_like(v)
    (a, b), (_, d) = along(zero, zero.at[0].set(1)), along(zero, zero.at[1].set(1))
    return solve(a, b, d, dq - along(v, zero))


def as_published(weights, x):
    """The equation of motion as the authors of Lagrangian networks wrote it, with Hessian and pseudo-inverse (Cranmer et al. 2020, arXiv 2003.04630, section 3)."""
    q, v = x[:2], x[2:]
    L = lambda q, v: lagrangian(weights, q, v)
    return jnp.linalg.pinv(jax.hessian(L, 1)(q, v)) @ (jax.grad(L, 0)(q, v) - jax.jacobian(jax.jacobian(L, 1), 0)(q, v) @ v)


def by_hand(inner, weights, x):
    """The same derived by hand. `inner` takes inner products of rows, a[m, n], b[k, n] -> [m, k], where n, or m and k, are at most 4."""
    w1, b1, w2, b2, w3 = weights
    z1 = inner(x[None], w1)[0] + b1
    s1 = jax.nn.sigmoid(z1)
    t1 = jnp.stack([w1[:, 2], w1[:, 3], inner(x[None, 2:], w1[:, :2])[0]])
    y = jnp.concatenate([jax.nn.softplus(z1)[None], s1 * t1]) @ w2.T
    s2 = jax.nn.sigmoid(y[0] + b2)
    t2 = y[1:]
    g2 = s2 * w3
    g1 = s1 * (g2 @ w2)
    second = inner(t2[:2] * (g2 * (1 - s2)), t2) + inner(t1[:2] * (g1 * (1 - s1)), t1)
    (a, b), (_, d) = second[:, :2]
    return solve(a, b, d, inner(g1[None], w1[:, :2].T)[0] - second[:, 2])


FORMS = {
    "as published": as_published,
    "automatic": automatic,
    "by hand, products": lambda weights, x: by_hand(lambda a, b: a @ b.T, weights, x),
    "by hand, sums": lambda weights, x: by_hand(lambda a, b: jnp.sum(a[:, None] * b, axis=-1), weights, x),
}


def acceleration_loss(acceleration, weights, states, targets):
    found = jax.vmap(lambda x: acceleration(weights, x))(states)
    return jnp.mean(jnp.sum((found - targets) ** 2, axis=1))


def rollout_loss(acceleration, weights, states, targets):
    def velocity(x):
        return jnp.concatenate([x[2:], acceleration(weights, x)])

    def step(x, _):
        k1 = velocity(x)
        k2 = velocity(x + DT / 2 * k1)
        k3 = velocity(x + DT / 2 * k2)
        k4 = velocity(x + DT * k3)
        x = x + DT / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return x, x

    def trajectory(x):
        return jax.lax.scan(step, x, None, length=STEPS)[1]

    return jnp.mean((jax.vmap(trajectory)(states) - targets) ** 2)


def measure(gradient, data, seconds):
    """Compiles and times `gradient(*data)`, in CPU time."""
    started = time.process_time()
    run = jax.jit(gradient).lower(*data).compile()
    compile_seconds = time.process_time() - started
    value, slope = jax.block_until_ready(run(*data))
    slope = np.asarray(slope, np.float64)
    times = []
    end = time.process_time() + seconds
    while len(times) < 3 or time.process_time() < end:
        started = time.process_time()
        jax.block_until_ready(run(*data))
        times.append(time.process_time() - started)
    return {
        "us": 1e6 * min(times),
        "medianUs": 1e6 * float(np.median(times)),
        "compileSeconds": compile_seconds,
        "value": float(value),
        "gradientNorm": float(np.linalg.norm(slope)),
        "gradientAlong": float(np.cos(np.arange(slope.size)) @ slope),
    }


def main(task, H, count, dtype, seconds):
    H, count = int(H), int(count)
    jax.config.update("jax_enable_x64", dtype == "f64")
    numbers = np.frombuffer(sys.stdin.buffer.read(), dtype=np.float64).astype(np.float64 if dtype == "f64" else np.float32)
    parameters, states, targets = (jnp.asarray(part) for part in np.split(numbers, np.cumsum([7 * H + H * H + 1, 4 * count])))
    loss, shape = {"acceleration": (acceleration_loss, (count, 2)), "rollout": (rollout_loss, (count, STEPS, 4))}[task]
    data = parameters, states.reshape(count, 4), targets.reshape(shape)
    results = []
    for form, acceleration in FORMS.items():
        gradient = jax.value_and_grad(lambda p, x, to: loss(acceleration, unflatten(p, H), x, to))
        results.append({"form": form, "jax": jax.__version__, **measure(gradient, data, float(seconds))})
    print(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
