// Lays out the graph on standard input, {"nodes":N,"edges":[[a,b],…]}, with d3-force as its documentation shows it:
// links, charge and centre at their defaults, 300 ticks, which is where a simulation of d3 stops by itself. Prints
// {"ms":…,"points":[[x,y],…]}; the time is that of the ticks alone, without starting node or reading the graph.
import { readFileSync } from "node:fs";
import { forceCenter, forceLink, forceManyBody, forceSimulation } from "d3-force";

const graph = JSON.parse(readFileSync(0, "utf8"));
const nodes = Array.from({ length: graph.nodes }, (_, index) => ({ index }));
const links = graph.edges.map(([source, target]) => ({ source, target }));
const simulation = forceSimulation(nodes)
  .force("link", forceLink(links))
  .force("charge", forceManyBody())
  .force("center", forceCenter())
  .stop();
const begun = performance.now();
simulation.tick(300);
const ms = performance.now() - begun;
process.stdout.write(JSON.stringify({ ms, points: nodes.map((n) => [n.x, n.y]) }));
