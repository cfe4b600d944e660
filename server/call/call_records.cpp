#include "call/call_records.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace offhook::call {
namespace {

bool is_whole(const CallEnded& record) {
  return std::ranges::all_of(
      std::array{&record.browser_leg, &record.trunk_leg},
      [](const LegRecord* leg) { return leg->leg_id.empty() || leg->statistics; });
}

}  // namespace

void CallRecords::handle(CallEnded record, Time now) {
  if (is_whole(record)) {
    outputs_.push_back(std::move(record));
  } else {
    waiting_.push_back({std::move(record), now + kPatience});
  }
}

void CallRecords::handle(const control::LegStatistics& statistics) {
  for (auto waiting = waiting_.begin(); waiting != waiting_.end(); ++waiting) {
    CallEnded& record = waiting->record;
    LegRecord* leg = record.browser_leg.leg_id == statistics.leg_id() ? &record.browser_leg
                     : record.trunk_leg.leg_id == statistics.leg_id() ? &record.trunk_leg
                                                                      : nullptr;
    if (leg == nullptr) continue;
    leg->statistics = statistics;
    if (!is_whole(record)) return;
    outputs_.push_back(std::move(record));
    waiting_.erase(waiting);
    return;
  }
}

void CallRecords::stop_waiting() {
  for (Waiting& waiting : waiting_) outputs_.push_back(std::move(waiting.record));
  waiting_.clear();
}

void CallRecords::handle_timeout(Time now) {
  while (is_due(next_timeout(), now)) {
    outputs_.push_back(std::move(waiting_.front().record));
    waiting_.pop_front();
  }
}

std::optional<CallEnded> CallRecords::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  CallEnded record = std::move(outputs_.front());
  outputs_.pop_front();
  return record;
}

std::optional<Time> CallRecords::next_timeout() const {
  return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().until);
}

}  // namespace offhook::call
