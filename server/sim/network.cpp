#include "sim/network.hpp"

namespace offhook::sim {

std::optional<Time> EventQueue::next() const {
  if (events_.empty()) return std::nullopt;
  return events_.begin()->first.first;
}

void EventQueue::run_due(Time now) {
  while (!events_.empty() && events_.begin()->first.first <= now) {
    const auto what = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    what();
  }
}

bool Network::send(const Endpoint& from, const Endpoint& to, Bytes bytes, Time now) {
  if (dead_.contains(from.address) || dead_.contains(to.address)) return false;
  if (happens(conditions.loss_percent)) return false;
  if (happens(conditions.double_percent)) deliver_later(from, to, bytes, now);
  deliver_later(from, to, std::move(bytes), now);
  return true;
}

void Network::deliver_later(const Endpoint& from, const Endpoint& to, Bytes bytes, Time now) {
  Duration delay = conditions.latency;
  if (conditions.jitter > Duration{}) {
    delay += Duration(random_.below(static_cast<std::uint64_t>(conditions.jitter.count())));
  }
  events_.at(now + delay, [this, from, to, bytes = std::move(bytes)] {
    if (dead_.contains(to.address)) return;
    const auto socket = sockets_.find(to);
    if (socket != sockets_.end()) return socket->second(from, bytes);
    const auto host = hosts_.find(to.address);
    if (host != hosts_.end()) host->second(from, to, bytes);
  });
}

}  // namespace offhook::sim
