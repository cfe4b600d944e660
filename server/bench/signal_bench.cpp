#include <algorithm>
#include <string>
#include <vector>

#include "bench/media_placement.hpp"
#include "bench/process.hpp"
#include "bench/signal_load.hpp"
#include "bench/signal_options.hpp"
#include "bench/signal_reference.hpp"
#include "bench/signal_report.hpp"

// What a call costs in signalling: bench_signal OFFHOOK [OPTIONS]. Fails where the first rate is not
// clean or memory does not come back.
namespace offhook::bench {
namespace {

constexpr double kFirstRate = 50;
constexpr double kLastRate = 6'400;

class Bench {
 public:
  explicit Bench(const SignalOptions& options) : options_(options) {}

  int run(const std::string& offhook) {
    {
      SignalLoad load(offhook);
      print_signal_conditions(load);
      print_signal_heading();
      double rate = options_.rate.value_or(kFirstRate);
      while (measure(load, rate) && !options_.rate && rate < kLastRate) rate *= 2;
    }
    if (options_.reference) measure_reference();
    print_signal_summary(rounds_);
    if (!options_.json.empty()) write_signal_json(options_.json, rounds_, references_);
    const double first = rounds_.front().round.rate;
    return std::ranges::all_of(rounds_,
                               [&](const SignalFigures& each) {
                                 return each.is_memory_back() &&
                                        (each.is_clean() || each.round.rate != first);
                               })
               ? 0
               : 1;
  }

 private:
  // Both kinds of rounds; true where they are clean.
  bool measure(SignalLoad& load, double rate) {
    SignalRound round{.rate = rate, .length = options_.length, .hold = options_.hold};
    load.warm_up(round);
    bool is_clean = true;
    for (const bool with_dtls : {false, true}) {
      if (!(with_dtls ? options_.with_dtls : options_.without_dtls)) continue;
      round.with_dtls = with_dtls;
      rounds_.push_back(load.run(round));
      print_signal_round(rounds_.back());
      is_clean = is_clean && rounds_.back().is_clean();
    }
    return is_clean;
  }

  // At the rates that were measured, alone on the machine as the gateway was.
  void measure_reference() {
    for (const SignalFigures& round : rounds_) {
      const double rate = round.round.rate;
      if (!references_.empty() && references_.back().rate == rate) continue;
      references_.push_back(run_reference(rate, options_.length, options_.hold));
      print_signal_reference(references_.back());
    }
  }

  SignalOptions options_;
  std::vector<SignalFigures> rounds_;
  std::vector<SignalReference> references_;
};

}  // namespace
}  // namespace offhook::bench

int main(int argc, char** argv) {
  using namespace offhook::bench;
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty()) give_up("bench_signal OFFHOOK [OPTIONS]");
  const SignalOptions options = parse_signal_options({words.begin() + 1, words.end()});
  raise_descriptor_limit();
  (void)stay_on_cpu(kLoadCpu);
  return Bench(options).run(words[0]);
}
