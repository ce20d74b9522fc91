"""Whole solves by SciPy's solve_ivp with method RK45, timed.

Reads from standard input a JSON list of questions, each with the body of `def f(t, u):` in Python, u0, end, and tolerances; prints
the versions and, for each question and tolerance, the least CPU time in us and the state at the end.
"""

import json
import sys
import time

import numpy as np
import scipy
from scipy.integrate import solve_ivp


def answer(question):
    scope = {"np": np}
    exec("def f(t, u):\n" + "\n".join("    " + line for line in question["python"].split("\n")), scope)
    solves = []
    for tol in question["tolerances"]:
        least, spent = float("inf"), 0.0
        while spent < 0.5 or least == float("inf"):
            begun = time.process_time()
            solution = solve_ivp(scope["f"], (0, question["end"]), question["u0"], method="RK45", rtol=tol, atol=tol)
            took = time.process_time() - begun
            least, spent = min(least, took), spent + took
        solves.append({"us": least * 1e6, "u": solution.y[:, -1].tolist()})
    return solves


print(json.dumps({"version": scipy.__version__, "python": sys.version.split()[0], "answers": [answer(q) for q in json.load(sys.stdin)]}))
