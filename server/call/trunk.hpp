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

#include "base/dns.hpp"
#include "base/endpoint.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "call/switchboard.hpp"
#include "call/trunk_flows.hpp"
#include "call/trunk_sources.hpp"
#include "sip/registration.hpp"
#include "sip/server_selection.hpp"
#include "sip/user_agent.hpp"

namespace offhook::call {

// An account at a provider: which of the provider's servers is used, the way to it, the registration
// there, and what our messages look like. sip::ServerSelection knows which server is right,
// sip::Registration how to register; this is what joins them.
//
//   state      | input                                | next       | output                                  | test
//   unresolved | a target is chosen                   | connecting | OpenFlow                                | UnresolvedATargetIsChosen
//   unresolved | nothing is left to choose            | unresolved | (the reason)                            | UnresolvedNothingIsLeftToChoose
//   connecting | the flow is open                     | registered | REGISTER (and so on: sip::Registration) | ConnectingTheFlowIsOpen
//   connecting | the flow cannot be opened            | connecting | OpenFlow to the next target             | ConnectingTheFlowCannotBeOpened
//   registered | another target is chosen             | connecting | OpenFlow there, then REGISTER           | RegisteredAnotherTargetIsChosen
//   registered | REGISTER or OPTIONS is not answered  | connecting | OpenFlow to the next target             | RegisteredRegisterIsNotAnswered
//   registered | the connection closes after use      | connecting | OpenFlow to the same target             | RegisteredTheConnectionClosesAfterUse
//   registered | the connection closes without use    | connecting | OpenFlow to the next target             | RegisteredTheConnectionClosesWithoutUse
//   registered | keep-alive is due                    | same       | SendKeepAlive                           | RegisteredKeepAliveIsDue
//   registered | nothing was heard for some time      | same       | OPTIONS                                 | RegisteredNothingWasHeardForSomeTime
//   registered | a preferred target may be up again   | same       | OPTIONS there                           | RegisteredAPreferredTargetMayBeUpAgain
//   registered | our public address is learned        | same       | REGISTER with it                        | RegisteredOurPublicAddressIsLearned
//   any        | stop                                 | stopped    | REGISTER (unregisters)                  | AnyStop
//
// "registered" stands for every state of the registration. An account that does not register is
// "ready" where another is registering. Addresses that the provider has no longer stay sources
// while a call may last that was begun there.
class Trunk {
 public:
  struct LookUp {
    DnsQuestion question;
  };
  struct SendRequest {  // REGISTER or OPTIONS
    sip::Target target;
    sip::Flow flow;
    sip::Request request;
  };
  // Keeps the way through a NAT in front of us open (RFC 5626 4.4.1).
  struct SendKeepAlive {
    sip::Flow flow;
  };
  // What open() began has come to an end: calls that wait for it can go on.
  struct FlowOpened {
    sip::Target target;
    sip::Flow flow;
  };
  struct FlowFailed {
    sip::Target target;
  };
  using Output = std::variant<LookUp, TrunkFlows::Open, SendRequest, SendKeepAlive, FlowOpened,
                              FlowFailed, LogEvent>;

  Trunk(TrunkConfig config, std::string software, Random& random);

  void start(Time now);
  void handle_looked_up(const DnsQuestion& question, const DnsAnswer& answer, Time now);
  void handle_flow(const sip::Target& target, const Result<sip::Flow>& flow, Time now);
  // Of a flow that is not ours nothing happens.
  void handle_flow_lost(const sip::Flow& flow, const std::string& reason, Time now);
  // The final answer to the latest REGISTER or OPTIONS. `local`: made here, because none came.
  void handle_registered(sip::Response response, bool local, Time now);
  void handle_options(const sip::Target& target, bool local, Time now);
  void handle_heard(const sip::Flow& flow, Time now);  // a message came
  void stop(Time now);                                 // unregisters
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  [[nodiscard]] const TrunkConfig& config() const { return config_; }
  [[nodiscard]] bool stopped() const;  // after stop(): nothing is registered any more
  // Whether messages on this flow can be the provider's.
  [[nodiscard]] bool is_source(const sip::Flow& flow) const;

  // ---- for calls ----
  // Where an INVITE goes first: the target in use, or the one that was; nullopt before the first.
  [[nodiscard]] const std::optional<sip::Target>& target() const { return target_; }
  // Where it goes next after a 503, or, with `silent`, where nobody answers: then everything else
  // goes elsewhere too (RFC 3263 4.3).
  [[nodiscard]] std::optional<sip::Target> target_after(const sip::Target& target, bool silent,
                                                        Time now);
  [[nodiscard]] bool has_target_after(const sip::Target& target, Time now) const {
    return selection_.after(target, now).has_value();
  }
  [[nodiscard]] TrunkFlows& flows() { return flows_; }
  // An INVITE for `number` (normalised).
  [[nodiscard]] sip::InviteRequest invite(const std::string& number, std::string offer,
                                          const sip::Target& target, const sip::Flow& flow) const;
  [[nodiscard]] sip::Identity identity(const sip::Flow& flow) const;
  // Whether a URI's host is this provider: one of the names configured, or where `flow` goes.
  [[nodiscard]] bool is_host(std::string_view host, const sip::Flow& flow) const;
  [[nodiscard]] TrunkStatus status() const;

 private:
  [[nodiscard]] sip::Uri server_uri(const sip::Target& target) const;
  void use(const sip::Target& target, Time now);
  void register_over(const sip::Flow& flow, Time now);
  void send_options(const sip::Target& target, const sip::Flow& flow);
  void drain(Time now);
  void drain_selection(Time now);
  void drain_registration(Time now);
  void log(LogEvent::Level level, std::string event, std::string reason = {});

  TrunkConfig config_;
  std::string software_;
  Random& random_;
  sip::ServerSelection selection_;
  TrunkFlows flows_;
  TrunkSources sources_;
  std::optional<sip::Target> target_;        // the latest that was chosen
  std::optional<sip::Target> wanted_probe_;  // waits for its flow
  std::unique_ptr<sip::Registration> registration_;
  std::optional<sip::Target> registered_at_;  // where the latest REGISTER went
  std::optional<Endpoint> public_address_;    // as the provider sees us
  std::optional<Time> keep_alive_at_;
  std::optional<Time> probe_at_;
  bool answers_probes_ = false;  // the target has answered OPTIONS before
  bool stopping_ = false;
  std::string reason_ = "the provider's address is being looked up";
  std::deque<Output> outputs_;
};

}  // namespace offhook::call
