// The page: draws what the worker reports. It is never busy, so that it scrolls and answers while the network is trained.
import type { Report } from "./trainer.ts";

const canvas = document.querySelector("canvas")!;
const output = document.querySelector("output")!;
const button = document.querySelector("button")!;
const context = canvas.getContext("2d")!;

let latest: Report | undefined;
const worker = new Worker("build/trainer.js", { type: "module" });
worker.addEventListener("message", ({ data }: MessageEvent<Report>) => {
  latest = data;
  output.textContent = `${data.status} after ${data.step} of ${data.steps} steps, loss ${data.loss.toExponential(1)}`;
  button.disabled = data.status !== "training";
});
worker.addEventListener("error", ({ message }) => (output.textContent = `failed: ${message}`));
button.addEventListener("click", () => worker.postMessage("stop"));

/** Rods of unit length, drawn from the middle down. */
function draw([theta1, theta2]: Float64Array, color: string): void {
  const length = canvas.height / 2.4;
  const [x0, y0] = [canvas.width / 2, 20];
  const [x1, y1] = [x0 + length * Math.sin(theta1), y0 + length * Math.cos(theta1)];
  const [x2, y2] = [x1 + length * Math.sin(theta2), y1 + length * Math.cos(theta2)];
  context.strokeStyle = context.fillStyle = color;
  context.lineWidth = 4;
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
  for (const [x, y] of [[x1, y1], [x2, y2]]) {
    context.beginPath();
    context.arc(x, y, 14, 0, 2 * Math.PI);
    context.fill();
  }
}

requestAnimationFrame(function frame(now: number): void {
  requestAnimationFrame(frame);
  if (!latest) return;
  const k = Math.floor((now / 1000) * 60) % latest.truth.length;
  context.clearRect(0, 0, canvas.width, canvas.height);
  draw(latest.truth[k], "#8888");
  if (k < latest.motion.length) draw(latest.motion[k], "#c2410cbb");
});
