#include "call/trunk_flows.hpp"

#include <algorithm>

namespace offhook::call {
namespace {

constexpr Duration kNoStream = std::chrono::hours(1);

}  // namespace

// Ids of a process that ran before are not met again.
TrunkFlows::TrunkFlows(Random& random)
    : last_connection_(sip::kChosenConnection |
                       (static_cast<std::uint64_t>(random.next_u32()) << 24U)) {}

std::optional<sip::Flow> TrunkFlows::open(const sip::Target& target) {
  const auto [entry, is_new] = entries_.try_emplace(target);
  if (!is_new) return entry->second.flow;
  if (sip::is_reliable(target.transport)) entry->second.connection = ++last_connection_;
  outputs_.push_back({target, entry->second.connection});
  return std::nullopt;
}

bool TrunkFlows::handle_opened(const sip::Target& target, const Result<sip::Flow>& flow, Time now) {
  const auto entry = entries_.find(target);
  if (entry == entries_.end() || entry->second.flow) return false;
  if (!flow) {
    entries_.erase(entry);
    return true;
  }
  if (flow->connection != entry->second.connection) return false;
  entry->second.flow = *flow;
  entry->second.opened_at = now;
  return true;
}

void TrunkFlows::handle_heard(const sip::Flow& flow) {
  const auto entry = find_flow(flow);
  if (entry != entries_.end()) entries_.at(entry->first).heard = true;
}

std::optional<TrunkFlows::Lost> TrunkFlows::handle_lost(const sip::Flow& flow, Time now) {
  if (!sip::is_reliable(flow.transport)) return std::nullopt;
  const auto entry = find_flow(flow);
  if (entry == entries_.end()) return std::nullopt;
  Lost lost{entry->first, entry->second.heard && now - entry->second.opened_at >= kShortestUse};
  entries_.erase(entry);
  return lost;
}

std::optional<TrunkFlows::Open> TrunkFlows::poll_output() {
  if (outputs_.empty()) return std::nullopt;
  Open output = std::move(outputs_.front());
  outputs_.pop_front();
  return output;
}

std::optional<sip::Flow> TrunkFlows::find(const sip::Target& target) const {
  const auto entry = entries_.find(target);
  return entry == entries_.end() ? std::nullopt : entry->second.flow;
}

bool TrunkFlows::holds(const sip::Flow& flow) const { return find_flow(flow) != entries_.end(); }

std::map<sip::Target, TrunkFlows::Entry>::const_iterator TrunkFlows::find_flow(
    const sip::Flow& flow) const {
  return std::ranges::find_if(entries_, [&](const auto& entry) {
    return entry.second.flow && entry.second.flow->transport == flow.transport &&
           entry.second.connection == flow.connection && entry.second.flow->remote == flow.remote;
  });
}

std::optional<sip::Target> TrunkFlows::stream_to(const sip::Target& target, Time now) const {
  if (target.transport != sip::Transport::Udp) return std::nullopt;
  sip::Target stream = target;
  stream.transport = sip::Transport::Tcp;
  const auto without = without_stream_.find(stream);
  if (without != without_stream_.end() && now < without->second) return std::nullopt;
  return stream;
}

void TrunkFlows::has_no_stream(const sip::Target& stream, Time now) {
  without_stream_.insert_or_assign(stream, now + kNoStream);
}

}  // namespace offhook::call
