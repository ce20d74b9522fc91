"""Gradients of a Lagrangian network in JAX, one compiled function each, timed.

jax_lnn.py TASK H COUNT DTYPE SECONDS, DTYPE being f64 or f32. Reads as doubles, from standard input, the parameters, the COUNT
states[4], and the targets; prints one line of JSON. The tasks and their input are those of ../native/lnn/main.cpp:
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
    sizes = [4 * H, H, H * H, H, H]
    w1, b1, w2, b2, w3 = jnp.split(p, np.cumsum(sizes)[:-1])
    return w1.reshape(H, 4), b1, w2.reshape(H, H), b2, w3


def acceleration(weights, x):
    """q'' = M^-1 (dL/dq - C v) for L = w3 . softplus(w2 softplus(w1 x + b1) + b2), x = (q, v).

    The value and the tangents along v0, v1 and (v, 0) pass through w2 together, and one reverse sweep gives the rest. Derivatives of L
    by jax.grad and jax.linearize give the same numbers, and gradients that take 1 to 3 times as long.
    """
    w1, b1, w2, b2, w3 = weights
    v = x[2:]
    z1 = w1 @ x + b1
    s1 = jax.nn.sigmoid(z1)
    t1 = jnp.stack([w1[:, 2], w1[:, 3], w1[:, :2] @ v])
    y = jnp.concatenate([jax.nn.softplus(z1)[None], s1 * t1]) @ w2.T
    s2 = jax.nn.sigmoid(y[0] + b2)
    t2 = y[1:]
    g2 = s2 * w3
    g1 = s1 * (g2 @ w2)
    second = (t2[:2] * (g2 * (1 - s2))) @ t2.T + (t1[:2] * (g1 * (1 - s1))) @ t1.T
    (a, b), (_, d) = second[:, :2]
    r0, r1 = g1 @ w1[:, :2] - second[:, 2]
    return jnp.stack([d * r0 - b * r1, a * r1 - b * r0]) / (a * d - b * b)


def velocity(weights, x):
    return jnp.concatenate([x[2:], acceleration(weights, x)])


def acceleration_loss(p, H, states, targets):
    weights = unflatten(p, H)
    found = jax.vmap(lambda x: acceleration(weights, x))(states)
    return jnp.mean(jnp.sum((found - targets) ** 2, axis=1))


def rollout_loss(p, H, states, targets):
    weights = unflatten(p, H)

    def step(x, _):
        k1 = velocity(weights, x)
        k2 = velocity(weights, x + DT / 2 * k1)
        k3 = velocity(weights, x + DT / 2 * k2)
        k4 = velocity(weights, x + DT * k3)
        x = x + DT / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return x, x

    def trajectory(x):
        return jax.lax.scan(step, x, None, length=STEPS)[1]

    return jnp.mean((jax.vmap(trajectory)(states) - targets) ** 2)


def main(task, H, count, dtype, seconds):
    H, count = int(H), int(count)
    jax.config.update("jax_enable_x64", dtype == "f64")
    numbers = np.frombuffer(sys.stdin.buffer.read(), dtype=np.float64)
    parameters, states, targets = (jnp.asarray(part, jnp.float64 if dtype == "f64" else jnp.float32) for part in np.split(numbers, np.cumsum([7 * H + H * H, 4 * count])))
    loss, shape = {"acceleration": (acceleration_loss, (count, 2)), "rollout": (rollout_loss, (count, STEPS, 4))}[task]
    run = jax.jit(jax.value_and_grad(lambda p, states, targets: loss(p, H, states, targets)))
    data = parameters, states.reshape(count, 4), targets.reshape(shape)
    started = time.process_time()
    compiled = run.lower(*data).compile()
    compile_seconds = time.process_time() - started
    value, gradient = jax.block_until_ready(compiled(*data))
    times = []
    end = time.process_time() + float(seconds)
    while len(times) < 3 or time.process_time() < end:
        started = time.process_time()
        jax.block_until_ready(compiled(*data))
        times.append(time.process_time() - started)
    print(json.dumps({
        "compileSeconds": compile_seconds,
        "us": 1e6 * min(times),
        "medianUs": 1e6 * float(np.median(times)),
        "value": float(value),
        "gradientNorm": float(np.linalg.norm(np.asarray(gradient, np.float64))),
        "jax": jax.__version__,
    }))


if __name__ == "__main__":
    main(*sys.argv[1:])
