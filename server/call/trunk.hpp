#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "call/switchboard.hpp"
#include "sip/registration.hpp"
#include "sip/user_agent.hpp"

namespace offhook::call {

// An account at a provider: where it is, its registration, and what our messages to it look like.
//
//   state      | input              | next        | output
//   unresolved | resolved           | registering | SendRegister (and so on: sip::Registration)
//   unresolved | unresolved         | unresolved  | (the new reason)
//   any other  | resolved, new flow | registering | SendRegister, anew
//   any other  | resolved, the same | same        | (other sources)
//   any other  | unresolved         | same        | (the known address is tried on)
//   any other  | 25 s have passed   | same        | SendKeepAlive
//   any        | stop               | stopped     | SendRegister (unregisters); no SendKeepAlive any more
//
// An account that does not register is "ready" where another is registering, and sends nothing.
// Addresses that an answer no longer names stay sources while a call may last that was begun there.
class Trunk {
 public:
  struct SendRegister {
    sip::Flow flow;
    sip::Request request;
  };
  // Keeps the way through a NAT in front of us open. NATs forget a UDP mapping after as little as
  // 30 s, long before the registration is refreshed; RFC 5626 4.4.1 asks for 24 to 29 s.
  struct SendKeepAlive {
    sip::Flow flow;
  };
  static constexpr Duration kKeepAliveInterval = std::chrono::seconds(25);
  using Output = std::variant<SendRegister, SendKeepAlive, LogEvent>;

  Trunk(TrunkConfig config, std::string software, Random& random);

  void handle_resolved(const sip::Flow& flow, std::vector<IpAddress> sources, Time now);
  void handle_unresolved(std::string reason);
  // The final answer to the latest REGISTER.
  void handle_registered(const sip::Response& response, Time now);
  void stop(Time now);  // unregisters
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  [[nodiscard]] const TrunkConfig& config() const { return config_; }
  [[nodiscard]] bool resolved() const { return flow_.has_value(); }
  [[nodiscard]] bool stopped() const;  // after stop(): nothing is registered any more
  // Whether messages from this address can be the provider's.
  [[nodiscard]] bool is_source(const IpAddress& address) const;
  // An INVITE for `number` (normalised). Requires resolved().
  [[nodiscard]] sip::InviteRequest invite(const std::string& number, std::string offer) const;
  [[nodiscard]] sip::Identity identity() const;  // requires resolved()
  [[nodiscard]] TrunkStatus status() const;

 private:
  struct FormerSource {
    IpAddress address;
    Time until;
  };
  [[nodiscard]] sip::Uri account_uri() const;
  void replace_sources(std::vector<IpAddress> sources, Time now);
  void drain_registration();
  void log(LogEvent::Level level, std::string event, std::string reason = {});

  TrunkConfig config_;
  std::string software_;
  Random& random_;
  std::optional<sip::Flow> flow_;
  std::vector<IpAddress> sources_;            // of the newest answer
  std::vector<FormerSource> former_sources_;  // the longest gone first
  std::optional<Time> keep_alive_at_;
  std::string reason_ = "the provider's address is being looked up";
  std::unique_ptr<sip::Registration> registration_;
  std::deque<Output> outputs_;
};

}  // namespace offhook::call
