// Plots, each with ticks and titles on both axes.
const plots = (() => {
  const W = 400, H = 280, L = 52, B = 44, T = 12, R = 14;
  const x = (value) => L + value * (W - L - R);
  const y = (value) => H - B - value * (H - B - T);

  // Ticks at round numbers from 0 or above up to a highest value.
  const ticks = (least, most, wanted = 5) => {
    const raw = (most - least) / wanted || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw);
    const found = [];
    for (let at = Math.ceil(least / step - 1e-9); at * step <= most + step * 1e-9; at += 1) found.push(Number((at * step).toPrecision(12)));
    return found;
  };
  // Axes: [ticks, place(tick), title] for both.
  const axes = (id, name, [xTicks, px, xTitle], [yTicks, py, yTitle]) => {
    const svg = draw("svg", { id, viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": name });
    for (const tick of yTicks) {
      svg.append(draw("line", { x1: L, x2: W - R, y1: py(tick), y2: py(tick), class: "axis" }),
        draw("text", { x: L - 6, y: py(tick) + 4, "text-anchor": "end", class: "tick-y" }, String(tick)));
    }
    for (const tick of xTicks) {
      svg.append(draw("line", { x1: px(tick), x2: px(tick), y1: H - B, y2: H - B + 4, class: "axis" }),
        draw("text", { x: px(tick), y: H - B + 17, "text-anchor": "middle", class: "tick-x" }, String(tick)));
    }
    svg.append(draw("text", { x: (W + L - R) / 2, y: H - 6, "text-anchor": "middle", class: "title" }, xTitle),
      draw("text", { transform: `translate(13 ${(H - B + T) / 2}) rotate(-90)`, "text-anchor": "middle", class: "title" }, yTitle));
    return svg;
  };
  const figure = (svg, caption) => make("figure", {}, svg, make("figcaption", {}, caption));
  const shares = [0, 0.2, 0.4, 0.6, 0.8, 1];

  const histogram = ({ right, wrong }) => {
    const most = Math.max(1, ...right.map((count, at) => count + wrong[at]));
    const py = (count) => y(count / most);
    const whole = ticks(0, most, Math.min(5, most)).filter(Number.isInteger);
    const svg = axes("histogram", "Confidence histogram", [shares, x, "confidence"], [whole, py, "messages"]);
    right.forEach((count, at) => {
      const width = (W - L - R) / right.length - 2, from = x(at / right.length) + 1;
      const range = `${(at / right.length).toFixed(2)}–${((at + 1) / right.length).toFixed(2)}`;
      for (const [low, high, kind] of [[0, count, "right"], [count, count + wrong[at], "wrong"]]) {
        svg.append(draw("rect", { x: from, width, y: py(high), height: py(low) - py(high), class: kind === "right" ? "good" : "bad" },
          draw("title", {}, `${range}: ${high - low} ${kind}`)));
      }
    });
    return figure(svg, "How sure the model was: understood rightly below in green, wrongly above in red.");
  };

  const reliability = (bins, error) => {
    const svg = axes("reliability", "Reliability diagram", [shares, x, "confidence"], [shares, y, "share right"]);
    svg.append(draw("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "ideal" }),
      draw("polyline", { class: "curve", points: bins.map((bin) => `${x(bin.confidence)},${y(bin.accuracy)}`).join(" ") }));
    const most = Math.max(1, ...bins.map((bin) => bin.count));
    for (const bin of bins) {
      svg.append(draw("circle", { cx: x(bin.confidence), cy: y(bin.accuracy), r: 3 + 6 * Math.sqrt(bin.count / most), class: "dot" },
        draw("title", {}, `${bin.count} messages, confidence ${share(bin.confidence)}, right ${share(bin.accuracy)}`)));
    }
    return figure(svg, `On the dashed line confidences mean what they say; large dots are many messages. Expected calibration error ${share(error)}.`);
  };

  const learning = ({ points, forecast }) => {
    const all = [...points, ...forecast];
    const lows = all.map((point) => (point.interval ? point.interval[0] : point.accuracy - point.spread));
    const highs = all.map((point) => (point.interval ? point.interval[1] : point.accuracy + point.spread));
    const steps = ticks(Math.max(0, Math.min(...lows)), Math.min(1, Math.max(...highs)));
    const step = steps.length > 1 ? steps[1] - steps[0] : 0.1;
    const least = Math.max(0, steps[0] - step), top = Math.min(1, steps[steps.length - 1] + step);
    const most = Math.max(...all.map((point) => point.examples));
    const px = (examples) => x(examples / most);
    const py = (value) => y((Math.min(1, Math.max(0, value)) - least) / (top - least));
    const marked = ticks(least, top);
    const svg = axes("curve", "Learning curve", [ticks(0, most), px, "training examples"], [marked, py, "accuracy"]);
    const line = (list) => list.map((point) => `${px(point.examples)},${py(point.accuracy)}`).join(" ");
    const last = points[points.length - 1];
    if (forecast.length) {
      const side = (at) => forecast.map((point) => `${px(point.examples)},${py(point.interval[at])}`);
      svg.append(draw("polygon", { class: "band", points: [`${px(last.examples)},${py(last.accuracy)}`, ...side(0), ...side(1).reverse()].join(" ") }),
        draw("polyline", { class: "curve foretold", points: line([last, ...forecast]) }));
    }
    svg.append(draw("polyline", { class: "curve", points: line(points) }));
    for (const point of points) {
      svg.append(draw("line", { class: "spread", x1: px(point.examples), x2: px(point.examples), y1: py(point.accuracy - point.spread), y2: py(point.accuracy + point.spread) }));
    }
    for (const point of all) {
      svg.append(draw("circle", { cx: px(point.examples), cy: py(point.accuracy), r: 4, class: point.interval ? "hollow" : "dot" },
        draw("title", {}, `${point.examples} examples: ${share(point.accuracy)}`)));
    }
    return figure(svg, forecast.length
      ? "Mean and standard deviation of three divisions of the data. Dashed: where a curve fitted to the points goes on, which need not come true; 95 % of refits lie within the band."
      : "Mean and standard deviation of three divisions of the data. The points do not tell what more data would bring.");
  };
  return { histogram, reliability, learning };
})();
