#pragma once

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "sip/user_agent.hpp"

namespace offhook::sip {

// For tests: two agents on a virtual wire that delays, loses and doubles, and a clock that jumps to
// what happens next.
class UserAgentPair {
 public:
  enum class Side : std::uint8_t { Caller, Callee };
  struct Sent {
    Side from;
    Time at;
    std::string bytes;
    Message message;
    bool lost = false;
  };

  explicit UserAgentPair(std::uint64_t seed = 1, Transport transport = Transport::Udp,
                         const UserAgent::Config& config = {})
      : UserAgentPair(seed, transport, config, config) {}
  UserAgentPair(std::uint64_t seed, Transport transport, const UserAgent::Config& caller,
                const UserAgent::Config& callee)
      : transport_(transport),
        random_(seed),
        agents_{UserAgent(caller, random_), UserAgent(callee, random_)} {}

  UserAgent& agent(Side side) { return agents_[index(side)]; }
  UserAgent& caller() { return agent(Side::Caller); }
  UserAgent& callee() { return agent(Side::Callee); }
  [[nodiscard]] Time now() const { return now_; }

  Duration latency = std::chrono::milliseconds(20);
  unsigned loss_percent = 0;
  bool doubles = false;  // every message arrives twice
  std::function<bool(const Sent&)> loses = [](const Sent&) { return false; };
  // What somebody on the way makes of a message.
  std::function<void(Side, std::string&)> rewrites = [](Side, std::string&) {};
  // What the user of an agent does about an event, at once.
  std::function<void(Side, const UserAgentOutput&)> reacts = [](Side, const UserAgentOutput&) {};

  std::vector<Sent> wire;                              // all that was sent, lost or not
  std::array<std::vector<UserAgentOutput>, 2> events;  // without SendMessage

  // The flow on which `side` sees the other one.
  [[nodiscard]] Flow flow(Side side) const {
    const bool caller = side == Side::Caller;
    return {.transport = transport_,
            .connection = is_reliable(transport_) ? 7U : 0U,
            .local = endpoint(caller ? 1 : 2),
            .remote = endpoint(caller ? 2 : 1)};
  }

  [[nodiscard]] static Identity identity(Side side) {
    const std::string name = side == Side::Caller ? "alice" : "bob";
    const std::string host = side == Side::Caller ? "192.0.2.1" : "192.0.2.2";
    Identity identity;
    identity.local.uri = *Uri::parse("sip:" + name + "@example.com");
    identity.contact.uri = *Uri::parse("sip:" + name + "@" + host);
    identity.via_host = host;
    identity.via_port = std::uint16_t{5060};
    return identity;
  }

  SessionId call(std::optional<Account> account = std::nullopt) {
    return caller().invite(invite_request(std::move(account)), now_);
  }
  [[nodiscard]] InviteRequest invite_request(std::optional<Account> account = std::nullopt) const {
    InviteRequest request{.flow = flow(Side::Caller),
                          .identity = identity(Side::Caller),
                          .target = *Uri::parse("sip:4443@example.com"),
                          .remote = {},
                          .route = {},
                          .offer = "the offer",
                          .account = std::move(account),
                          .realm = {},
                          .remote_party_id = {}};
    request.remote.uri = request.target;
    return request;
  }
  void ring(SessionId id) { callee().ring(id, identity(Side::Callee), now_); }
  void accept(SessionId id, Side side = Side::Callee) {
    agent(side).accept(id, identity(side), "the answer", now_);
  }

  // One thing that happens; false where nothing ever will.
  bool step() {
    drain();
    auto next = earliest(caller().next_timeout(), callee().next_timeout());
    if (!in_flight_.empty()) next = earliest(next, in_flight_.begin()->first);
    next = earliest(next, at_.empty() ? std::nullopt : std::optional(at_.begin()->first));
    if (!next) return false;
    now_ = std::max(now_, *next);
    if (!at_.empty() && at_.begin()->first <= now_) {
      const auto act = std::move(at_.extract(at_.begin()).mapped());
      act();
    } else if (!in_flight_.empty() && in_flight_.begin()->first <= now_) {
      const auto [to, bytes] = std::move(in_flight_.extract(in_flight_.begin()).mapped());
      agent(to).handle(flow(to), bytes, now_);
    } else {
      for (UserAgent& each : agents_) {
        if (is_due(each.next_timeout(), now_)) each.handle_timeout(now_);
      }
    }
    drain();
    return true;
  }
  // Until nothing is in flight and no timer runs; at most a virtual hour.
  void run() { run_for(std::chrono::hours(1)); }
  void run_for(Duration duration) {
    const Time end = now_ + duration;
    while (true) {
      drain();
      auto next = earliest(caller().next_timeout(), callee().next_timeout());
      if (!in_flight_.empty()) next = earliest(next, in_flight_.begin()->first);
      if (!at_.empty()) next = earliest(next, at_.begin()->first);
      if (!next || *next > end) break;
      step();
    }
    if (duration < std::chrono::hours(1)) now_ = end;
  }
  // Something that a user does later.
  void at(Time time, std::function<void()> act) { at_.emplace(time, std::move(act)); }

  // Bytes from outside of both agents.
  void inject(Side to, std::string_view bytes) {
    agent(to).handle(flow(to), bytes, now_);
    drain();
  }

  template <typename Event>
  [[nodiscard]] std::vector<Event> all(Side side) const {
    std::vector<Event> found;
    for (const auto& event : events[index(side)]) {
      if (const auto* match = std::get_if<Event>(&event)) found.push_back(*match);
    }
    return found;
  }
  // The last event of its kind; nullptr where there was none.
  template <typename Event>
  [[nodiscard]] const Event* last(Side side) const {
    const Event* found = nullptr;
    for (const auto& event : events[index(side)]) {
      if (const auto* match = std::get_if<Event>(&event)) found = match;
    }
    return found;
  }

  [[nodiscard]] std::vector<Sent> requests(Side from, Method method) const {
    return sent([&](const Sent& each) {
      const auto* request = std::get_if<Request>(&each.message);
      return each.from == from && request != nullptr && request->method == method;
    });
  }
  [[nodiscard]] std::vector<Sent> responses(Side from, Method method, std::uint16_t status) const {
    return sent([&](const Sent& each) {
      const auto* response = std::get_if<Response>(&each.message);
      return each.from == from && response != nullptr && response->status == status &&
             response->headers.cseq.method == method;
    });
  }

  [[nodiscard]] bool quiet() const {
    return std::ranges::all_of(agents_, [](const UserAgent& each) {
      return each.session_count() == 0 && each.transaction_count() == 0 && !each.next_timeout();
    });
  }

 private:
  static std::size_t index(Side side) { return static_cast<std::size_t>(side); }
  static Endpoint endpoint(int last) {
    return *Endpoint::parse("192.0.2." + std::to_string(last) + ":5060");
  }

  std::vector<Sent> sent(const auto& matches) const {
    std::vector<Sent> found;
    std::ranges::copy_if(wire, std::back_inserter(found), matches);
    return found;
  }

  void drain() {
    bool more = true;
    while (more) {
      more = false;
      for (const Side side : {Side::Caller, Side::Callee}) {
        while (auto output = agent(side).poll_output()) {
          more = true;
          if (auto* send = std::get_if<SendMessage>(&*output)) {
            carry(side, std::move(*send));
          } else {
            events[index(side)].push_back(*output);
            reacts(side, *output);
          }
        }
      }
    }
  }

  void carry(Side from, SendMessage send) {
    Sent record{.from = from,
                .at = now_,
                .bytes = std::move(send.bytes),
                .message = std::move(send.message)};
    record.lost = loses(record) || random_.below(100) < loss_percent;
    rewrites(from, record.bytes);
    const Side to = from == Side::Caller ? Side::Callee : Side::Caller;
    if (!record.lost) {
      in_flight_.emplace(now_ + latency, std::pair(to, record.bytes));
      if (doubles) in_flight_.emplace(now_ + 2 * latency, std::pair(to, record.bytes));
    }
    wire.push_back(std::move(record));
  }

  Transport transport_;
  SeededRandom random_;
  std::array<UserAgent, 2> agents_;
  Time now_{};
  std::multimap<Time, std::pair<Side, std::string>> in_flight_;
  std::multimap<Time, std::function<void()>> at_;
};

// A message as the wire saw it is a response of this kind, a request of this method.
[[nodiscard]] inline bool is_response(const UserAgentPair::Sent& sent, Method method,
                                      std::uint16_t status) {
  const auto* response = std::get_if<Response>(&sent.message);
  return response != nullptr && response->headers.cseq.method == method &&
         response->status == status;
}
[[nodiscard]] inline bool is_request(const UserAgentPair::Sent& sent, Method method) {
  const auto* request = std::get_if<Request>(&sent.message);
  return request != nullptr && request->method == method;
}
// Loses the first `count` messages that match.
[[nodiscard]] auto lose_first(int count, auto matches) {
  return [count, matches](const UserAgentPair::Sent& sent) mutable {
    return matches(sent) && count-- > 0;
  };
}
[[nodiscard]] inline auto lose_first_request(int count, Method method) {
  return lose_first(count,
                    [method](const UserAgentPair::Sent& sent) { return is_request(sent, method); });
}
[[nodiscard]] inline auto lose_first_response(int count, Method method, std::uint16_t status) {
  return lose_first(
      count, [=](const UserAgentPair::Sent& sent) { return is_response(sent, method, status); });
}

}  // namespace offhook::sip
