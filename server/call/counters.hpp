#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/time.hpp"
#include "call/switchboard.hpp"
#include "sip/flow.hpp"
#include "sip/message.hpp"

namespace offhook::call {

// How often a value fell below each of some bounds, as Prometheus has it.
class Histogram {
 public:
  // Ascending; of durations in seconds.
  explicit Histogram(std::span<const double> bounds);

  void observe(double value);
  void observe(Duration duration);
  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }
  // One for each bound, of what is above the bound before; then what is above the last.
  [[nodiscard]] const std::vector<std::uint64_t>& counts() const { return counts_; }
  [[nodiscard]] double sum() const { return sum_; }

 private:
  std::vector<double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

// How the legs of one side fared that talked, one value a leg, where it is known.
struct SideQuality {
  struct Way {
    Way();
    Histogram score;   // by the E-model, 1 to 4.5
    Histogram loss;    // of all packets, 0 to 1
    Histogram jitter;  // seconds
  };
  SideQuality();
  Way received;  // from the far side
  Way sent;      // to the far side, as it reports
  Histogram round_trip;
};

// What happened since the start. The keys come from tables of ours and never from a message, so that
// there is a bounded number of them.
class Counters {
 public:
  Counters();

  void count_message(bool sent, sip::Transport transport, const sip::Message& message);
  void count_parse_error(sip::Transport transport) { ++parse_errors_[transport]; }
  // Messages that were neither answered nor looked at; `reason` is a literal.
  void count_dropped(std::string_view reason) { ++dropped_[reason]; }
  // A call that came about, or (without ringing and talking) one that was refused at once.
  void count_call(const CallEnded& call);
  // What the dial gate said; both are literals.
  void count_dial(std::string_view way, std::string_view verdict) { ++dials_[{way, verdict}]; }
  // A step of a call: its state, what came from whom, its state after that; all are literals.
  void count_step(std::string_view from, std::string_view input, std::string_view to) {
    ++steps_[{from, input, to}];
  }
  // A text message that was answered; `outcome` is "delivered" or the label of a failure, a literal.
  void count_text(Direction direction, std::string_view outcome) { ++texts_[{direction, outcome}]; }
  // How its legs fared, of a call that is over.
  void count_quality(const CallEnded& call);
  // From the caller's INVITE to the first word of who is called.
  void observe_setup(Duration duration) { setup_.observe(duration); }

  // Sent by us, over what, and its method or class ("INVITE", "2xx", "other").
  using MessageKey = std::tuple<bool, sip::Transport, std::string_view>;
  [[nodiscard]] const std::map<MessageKey, std::uint64_t>& messages() const { return messages_; }
  [[nodiscard]] const std::map<sip::Transport, std::uint64_t>& parse_errors() const {
    return parse_errors_;
  }
  [[nodiscard]] const std::map<std::string_view, std::uint64_t>& dropped() const {
    return dropped_;
  }
  [[nodiscard]] std::uint64_t dropped_in_all() const;
  // The last is the label of the failure, "" for none.
  using CallKey = std::tuple<Direction, Outcome, std::string>;
  [[nodiscard]] const std::map<CallKey, std::uint64_t>& calls() const { return calls_; }
  using DialKey = std::pair<std::string_view, std::string_view>;  // way and verdict
  [[nodiscard]] const std::map<DialKey, std::uint64_t>& dials() const { return dials_; }
  using StepKey = std::tuple<std::string_view, std::string_view, std::string_view>;
  [[nodiscard]] const std::map<StepKey, std::uint64_t>& steps() const { return steps_; }
  using TextKey = std::pair<Direction, std::string_view>;  // and outcome
  [[nodiscard]] const std::map<TextKey, std::uint64_t>& texts() const { return texts_; }
  [[nodiscard]] const Histogram& setup() const { return setup_; }
  [[nodiscard]] const Histogram& talking() const { return talking_; }  // of calls answered
  [[nodiscard]] const SideQuality& browser_quality() const { return browser_; }
  [[nodiscard]] const SideQuality& trunk_quality() const { return trunk_; }

 private:
  std::map<MessageKey, std::uint64_t> messages_;
  std::map<sip::Transport, std::uint64_t> parse_errors_;
  std::map<std::string_view, std::uint64_t> dropped_;
  std::map<CallKey, std::uint64_t> calls_;
  std::map<DialKey, std::uint64_t> dials_;
  std::map<StepKey, std::uint64_t> steps_;
  std::map<TextKey, std::uint64_t> texts_;
  Histogram setup_;
  Histogram talking_;
  SideQuality browser_;
  SideQuality trunk_;
};

}  // namespace offhook::call
