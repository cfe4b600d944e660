#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "sip/flow.hpp"
#include "sip/target.hpp"

namespace offhook::call {

// The flows from a trunk to its provider's servers: one for each target that was ever wanted, opened when it is.
class TrunkFlows {
 public:
  struct Open {  // answered by handle_opened()
    sip::Target target;
    std::uint64_t connection;  // the id that the flow will have; 0 over UDP
  };
  struct Lost {
    sip::Target target;
    bool was_good;  // it has served for a while: its end says nothing about the server
  };
  // A connection that ends sooner was not wanted by the server.
  static constexpr Duration kShortestUse = std::chrono::seconds(10);

  explicit TrunkFlows(Random& random);

  // The open flow, or nullopt: then it is being opened.
  [[nodiscard]] std::optional<sip::Flow> open(const sip::Target& target);
  // False: this flow is not wanted any more.
  bool handle_opened(const sip::Target& target, const Result<sip::Flow>& flow, Time now);
  void handle_heard(const sip::Flow& flow);
  // nullopt where it is none of ours, and over UDP, where no flow is ever lost.
  [[nodiscard]] std::optional<Lost> handle_lost(const sip::Flow& flow, Time now);
  [[nodiscard]] std::optional<Open> poll_output();

  [[nodiscard]] std::optional<sip::Flow> find(const sip::Target& target) const;
  [[nodiscard]] bool holds(const sip::Flow& flow) const;

  // RFC 3261 18.1.1: the same server over TCP, for a request that is too long for UDP; nullopt where it has none.
  [[nodiscard]] std::optional<sip::Target> stream_to(const sip::Target& target, Time now) const;
  // Nobody answers there over TCP: not tried again for an hour.
  void has_no_stream(const sip::Target& stream, Time now);

 private:
  struct Entry {
    std::uint64_t connection = 0;
    std::optional<sip::Flow> flow;  // nullopt: being opened
    Time opened_at{};
    bool heard = false;
  };
  [[nodiscard]] std::map<sip::Target, Entry>::const_iterator find_flow(const sip::Flow& flow) const;

  std::uint64_t last_connection_;
  std::map<sip::Target, Entry> entries_;
  std::map<sip::Target, Time> without_stream_;  // until when
  std::deque<Open> outputs_;
};

}  // namespace offhook::call
