// The mutation run of script/mutate: finds the places where a fault can be put into server/sip, tries
// them in random order until the time is over, and says how many the tests noticed.
import { spawnSync } from "node:child_process";
import { appendFileSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

const tree = "build/mutants/tree/server/sip";
const build = "build/mutants/build";
const results = "build/mutants/results.jsonl";
const testSeconds = 20; // of a processor; the tests take 2

interface Mutant {
  file: string;
  line: number; // from 1
  operator: string;
  start: number; // of what is replaced
  end: number;
  by: string;
}
type Verdict = "killed" | "survived" | "not compiling";

const seconds = Number(process.argv[2]);
const seed = Number(process.argv[3]);
const wanted = new RegExp(process.argv[4] ?? ".");

// mulberry32: the same order for the same seed.
function randomNumbers(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function shuffle<T>(list: T[], random: () => number): T[] {
  for (let i = list.length - 1; i > 0; --i) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

// The code with every comment, literal text, preprocessor line and compile-time assertion blanked out:
// positions stay what they are.
function codeOnly(source: string): string {
  const blank = (text: string) => text.replace(/[^\n]/g, " ");
  return source
    .replace(/\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, blank)
    .replace(/^#[^\n]*$/gm, blank)
    .replace(/static_assert\([^;]*;/g, blank);
}

// Binary operators have spaces around them here, template brackets have none.
const swaps: [RegExp, string, string[]][] = [
  [/ == /g, "relation", [" != "]],
  [/ != /g, "relation", [" == "]],
  [/ < /g, "relation", [" <= ", " >= "]],
  [/ <= /g, "relation", [" < ", " > "]],
  [/ > /g, "relation", [" >= ", " <= "]],
  [/ >= /g, "relation", [" > ", " < "]],
  [/ && /g, "logic", [" || "]],
  [/ \|\| /g, "logic", [" && "]],
  [/(?<=[ (])!(?=[\w(])/g, "logic", [""]],
  [/\btrue\b/g, "constant", ["false"]],
  [/\bfalse\b/g, "constant", ["true"]],
  [/ \+ /g, "arithmetic", [" - "]],
  [/ - /g, "arithmetic", [" + "]],
  [/ \* /g, "arithmetic", [" / "]],
  [/ \+= /g, "arithmetic", [" -= "]],
  [/ -= /g, "arithmetic", [" += "]],
  [/\bstd::min\b/g, "arithmetic", ["std::max"]],
  [/\bstd::max\b/g, "arithmetic", ["std::min"]],
];

function mutantsOf(file: string): Mutant[] {
  const code = codeOnly(readFileSync(`${tree}/${file}`, "utf8"));
  const found: Mutant[] = [];
  const add = (operator: string, start: number, end: number, by: string) => {
    const line = code.slice(0, start).split("\n").length;
    found.push({ file, line, operator, start, end, by });
  };
  for (const [pattern, operator, replacements] of swaps) {
    for (const match of code.matchAll(pattern)) {
      for (const by of replacements) add(operator, match.index, match.index + match[0].length, by);
    }
  }
  // Whole numbers, one more and one less.
  for (const match of code.matchAll(/(?<![\w.'])(\d[\d']*)(?=[uUlLz]*[^\w.'])/g)) {
    const value = BigInt(match[1]!.replaceAll("'", ""));
    const end = match.index + match[1]!.length;
    add("constant", match.index, end, String(value + 1n));
    if (value > 0n) add("constant", match.index, end, String(value - 1n));
  }
  // The condition of an if, the other way round.
  for (const match of code.matchAll(/\bif \(([^;{}\n]*)\)(?= (?:\{|return|\w|\+\+|--))/g)) {
    const start = match.index + "if (".length;
    add("condition", start, start, "!(");
    const last = found.at(-1)!;
    last.end = start + match[1]!.length;
    last.by = `!(${readFileSync(`${tree}/${file}`, "utf8").slice(last.start, last.end)})`;
  }
  // What a function of type bool returns, negated.
  let returnsBool = false;
  let offset = 0;
  for (const line of code.split("\n")) {
    if (/^\S.*\(/.test(line))
      returnsBool = /^(?:\[\[nodiscard\]\] )?(?:constexpr )?bool /.test(line);
    const returned = /^(\s+)return ([^;]+);$/.exec(line);
    if (returnsBool && returned && !/^(?:true|false)$/.test(returned[2]!)) {
      const start = offset + returned[1]!.length + "return ".length;
      const end = start + returned[2]!.length;
      const text = readFileSync(`${tree}/${file}`, "utf8").slice(start, end);
      add("return", start, end, `!(${text})`);
    }
    // A statement that is a call or an assignment, left out.
    const statement =
      /^(\s+)((?:\+\+|--)?[a-z_][\w.:]*(?:(?:->|\.)\w+)*(?:\(.*\)|\[[^\]]*\])?(?: [-+*|&]?= [^;]*)?);$/.exec(
        line,
      );
    if (statement && !/^(?:return|break|continue|using|const|auto|else)\b/.test(statement[2]!)) {
      const start = offset + statement[1]!.length;
      add("removal", start, start + statement[2]!.length, "");
    }
    offset += line.length + 1;
  }
  return found;
}

function run(command: string, args: string[], timeoutSeconds: number): boolean {
  const ended = spawnSync(command, args, {
    stdio: "ignore",
    timeout: timeoutSeconds * 1000,
    killSignal: "SIGKILL",
  });
  return ended.status === 0;
}
const compiles = () => run("ninja", ["-C", build, "sip_test"], 300);
// A mutant may loop and allocate for ever.
const passes = () =>
  run(
    "bash",
    [
      "-c",
      `ulimit -v 4000000; ulimit -t ${testSeconds}; exec ${build}/server/sip/sip_test --gtest_brief=1 --gtest_fail_fast`,
    ],
    600,
  );

function judge(mutant: Mutant, source: string): Verdict {
  const path = `${tree}/${mutant.file}`;
  writeFileSync(path, source.slice(0, mutant.start) + mutant.by + source.slice(mutant.end));
  try {
    if (!compiles()) return "not compiling";
    return passes() ? "survived" : "killed";
  } finally {
    writeFileSync(path, source);
  }
}

function describe(mutant: Mutant, source: string): string {
  const line = source.split("\n")[mutant.line - 1]!.trim();
  const what = source.slice(mutant.start, mutant.end).trim();
  return `server/sip/${mutant.file}:${mutant.line} [${mutant.operator}] ${what} -> ${mutant.by.trim() || "nothing"}   in: ${line}`;
}

if (!passes()) throw new Error("the tests fail before anything is changed");
// Reason phrases are a table of texts, which a test could only repeat.
const files = readdirSync(tree).filter(
  (file) => /(?<!_test|_reason_phrase)\.cpp$/.test(file) && wanted.test(file),
);
const mutants = shuffle(files.flatMap(mutantsOf), randomNumbers(seed));
const count: Record<Verdict, number> = { killed: 0, survived: 0, "not compiling": 0 };
const survivors: string[] = [];
const end = Date.now() + seconds * 1000;
writeFileSync(results, "");
for (const mutant of mutants) {
  if (Date.now() > end) break;
  const source = readFileSync(`${tree}/${mutant.file}`, "utf8");
  const verdict = judge(mutant, source);
  ++count[verdict];
  appendFileSync(results, JSON.stringify({ ...mutant, verdict }) + "\n");
  if (verdict !== "survived") continue;
  survivors.push(describe(mutant, source));
  console.log(survivors.at(-1));
}
run("ninja", ["-C", build, "sip_test"], 300);
const tried = count.killed + count.survived;
console.log(
  `${count.killed} of ${tried} mutants killed (${((100 * count.killed) / tried).toFixed(1)} %), ` +
    `${count.survived} survived, ${count["not compiling"]} more did not compile; ` +
    `of ${mutants.length} in ${files.length} files, seed ${seed}`,
);
