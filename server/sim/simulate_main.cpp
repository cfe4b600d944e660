// Whole worlds of calls on a virtual clock, one seed each, until there were enough calls: script/sim.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "call/counters.hpp"
#include "sim/chaos.hpp"

namespace {

using namespace offhook;

constexpr std::string_view kUsage =
    "usage: script/sim [--calls N] [--seed S] [--plant BUG] [--steps yes]\n"
    "  --calls N    stop after so many calls; 20,000 without it\n"
    "  --seed S     of the first world, 1 without it; the next have the next\n"
    "  --plant BUG  bring a fault into the gateway, which has to be found: lost-timer,\n"
    "               double-answer, leaked-leg, leaked-credential, wrong-counter, lost-record\n"
    "  --steps yes  print which steps calls took: state, what came, state after it, how often\n";
constexpr int kStepsOfAWorld = 100;

struct Options {
  std::uint64_t calls = 20'000;
  std::uint64_t seed = 1;
  sim::PlantedBug bug = sim::PlantedBug::None;
  bool prints_steps = false;
};

std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<sim::PlantedBug> read_bug(std::string_view name) {
  for (const auto& known : sim::kPlantedBugs) {
    if (known.name == name) return known.bug;
  }
  return std::nullopt;
}

bool read_option(std::string_view name, std::string_view value, Options& options) {
  if (name == "--plant") {
    const auto bug = read_bug(value);
    if (bug) options.bug = *bug;
    return bug.has_value();
  }
  if (name == "--steps") return (options.prints_steps = value == "yes");
  const auto number = read_number(value);
  if (!number) return false;
  if (name == "--calls") return (options.calls = *number) > 0;
  if (name == "--seed") return options.seed = *number, true;
  return false;
}

std::optional<Options> read_options(int count, char** words) {
  Options options;
  if (count % 2 == 0) return std::nullopt;
  for (int i = 1; i < count; i += 2) {
    if (!read_option(words[i], words[i + 1], options)) return std::nullopt;
  }
  return options;
}

using Outcomes = std::map<std::string, std::uint64_t>;
using Steps = std::map<call::Counters::StepKey, std::uint64_t>;

std::vector<std::string> run_world(sim::World& world, const Options& options, std::uint64_t seed) {
  world.plant(options.bug);
  sim::Chaos chaos(world, seed);
  chaos.make_trouble(kStepsOfAWorld);
  auto wrong = chaos.make_peace();
  std::ranges::move(world.settle(), std::back_inserter(wrong));
  return wrong;
}

// The same world again, which now tells what happens in it.
void tell(const Options& options, std::uint64_t seed, const std::vector<std::string>& wrong) {
  sim::World world(seed);
  (void)run_world(world, options, seed);
  std::cout << world.story() << "\n";
  for (const auto& what : wrong) std::cout << "WRONG: " << what << "\n";
  std::cout << "again: script/sim --calls 1 --seed " << seed;
  for (const auto& known : sim::kPlantedBugs) {
    if (known.bug == options.bug) std::cout << " --plant " << known.name;
  }
  std::cout << "\n";
}

std::uint64_t count_outcomes(const sim::World& world, Outcomes& outcomes) {
  std::uint64_t calls = 0;
  for (const auto& [key, count] : world.board.counters().calls()) {
    const auto& [direction, outcome, failure] = key;
    const bool is_outbound = direction == call::Direction::Outbound;
    outcomes[std::string(is_outbound ? "outbound " : "inbound  ") +
             std::string(to_string(outcome)) + (failure.empty() ? "" : ", " + failure)] += count;
    calls += count;
  }
  return calls;
}

void print_steps(const Steps& steps) {
  for (const auto& [step, times] : steps) {
    const auto& [from, input, to] = step;
    std::cout << times << "  " << from << " | " << input << " | " << to << "\n";
  }
}

}  // namespace

int main(int count, char** words) {
  const auto options = read_options(count, words);
  if (!options) {
    std::cerr << kUsage;
    return 2;
  }
  const auto began = std::chrono::steady_clock::now();
  Outcomes outcomes;
  Steps steps;
  std::uint64_t calls = 0;
  std::uint64_t seed = options->seed;
  Duration virtual_time{};
  for (; calls < options->calls; ++seed) {
    sim::World world(seed);
    world.tell_no_story();
    const Time start = world.now();
    const auto wrong = run_world(world, *options, seed);
    if (!wrong.empty()) {
      tell(*options, seed, wrong);
      return 1;
    }
    virtual_time += world.now() - start;
    calls += count_outcomes(world, outcomes);
    for (const auto& [step, times] : world.board.counters().steps()) steps[step] += times;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  for (const auto& [outcome, times] : outcomes) {
    std::printf("%9llu  %s\n", static_cast<unsigned long long>(times), outcome.c_str());
  }
  if (options->prints_steps) print_steps(steps);
  std::printf("%zu different steps of calls (--steps yes names them)\n", steps.size());
  std::printf(
      "%llu calls in %llu worlds of %.0f hours in all: nothing wrong. %.0f s, %.0f calls a "
      "second\n",
      static_cast<unsigned long long>(calls), static_cast<unsigned long long>(seed - options->seed),
      std::chrono::duration<double>(virtual_time).count() / 3'600, took.count(),
      static_cast<double>(calls) / took.count());
  return 0;
}
