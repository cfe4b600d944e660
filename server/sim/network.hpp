#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/bytes.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace offhook::sim {

// What happens later, in order of time; what happens at one moment, in the order it was put in.
class EventQueue {
 public:
  void at(Time time, std::function<void()> what) {
    events_.emplace(std::pair{time, ++sequence_}, std::move(what));
  }
  [[nodiscard]] std::optional<Time> next() const;
  // Runs everything due, and what that puts in for the same moment.
  void run_due(Time now);

 private:
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t sequence_ = 0;
};

// A UDP network that delays, loses, doubles and overtakes, all from one seed.
class Network {
 public:
  struct Conditions {
    Duration latency = std::chrono::milliseconds(10);  // one way
    Duration jitter{};                                 // up to this more: datagrams overtake
    unsigned loss_percent = 0;
    unsigned double_percent = 0;
  };
  using Handler = std::function<void(const Endpoint& from, Bytes bytes)>;
  using HostHandler = std::function<void(const Endpoint& from, const Endpoint& to, Bytes bytes)>;

  Network(EventQueue& events, Random& random) : events_(events), random_(random) {}

  void bind(const Endpoint& endpoint, Handler handler) { sockets_[endpoint] = std::move(handler); }
  // Everything to a host that no bound endpoint takes.
  void bind_host(const IpAddress& host, HostHandler handler) { hosts_[host] = std::move(handler); }
  // A host that is off: what goes there is lost, and it says nothing.
  void set_dead(const IpAddress& host, bool dead) {
    dead ? void(dead_.insert(host)) : void(dead_.erase(host));
  }
  // False: lost on the way (or nobody is there to take it).
  bool send(const Endpoint& from, const Endpoint& to, Bytes bytes, Time now);

  Conditions conditions;

 private:
  void deliver_later(const Endpoint& from, const Endpoint& to, Bytes bytes, Time now);
  [[nodiscard]] bool happens(unsigned percent) { return random_.below(100) < percent; }

  EventQueue& events_;
  Random& random_;
  std::map<Endpoint, Handler> sockets_;
  std::map<IpAddress, HostHandler> hosts_;
  std::set<IpAddress> dead_;
};

}  // namespace offhook::sim
