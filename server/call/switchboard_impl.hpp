#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "call/call.hpp"
#include "call/counters.hpp"
#include "call/drop_report.hpp"
#include "call/media_link.hpp"
#include "call/sip_trace.hpp"
#include "call/switchboard.hpp"
#include "call/trunk.hpp"
#include "sip/registrar.hpp"
#include "sip/user_agent.hpp"

namespace offhook::call {

// Carries messages between the machines that it holds: one user agent, one registrar, the trunks,
// the link to media, and the calls. What is decided about a call is decided in Call.
class Switchboard::Impl {
 public:
  Impl(Config config, Random& random);

  // switchboard.cpp
  void handle_trunk_resolved(std::string_view trunk, const sip::Flow& flow,
                             std::vector<IpAddress> sources, Time now);
  void handle_trunk_unresolved(std::string_view trunk, std::string reason, Time now);
  void handle_media_connected(Time now);
  void handle_media_lost(Time now);
  void handle_media_event(const control::Event& event, Time now);
  void shut_down(Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] Status status() const;
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const SipTrace& trace() const { return trace_; }

  // switchboard_sip.cpp
  void handle_flow_opened(const sip::Flow& flow, std::string_view user);
  void handle_flow_lost(const sip::Flow& flow, Time now);
  void handle_sip(const sip::Flow& flow, std::string_view bytes, Time now);

 private:
  struct Entry {
    Entry(Call::Setup setup, Random& random, Time now) : call(std::move(setup), random, now) {}
    Call call;
    Trunk* trunk = nullptr;
    std::string number;                                   // outbound: what is dialled at the trunk
    sip::NameAddress caller;                              // inbound: From towards the devices
    std::vector<std::optional<sip::SessionId>> sessions;  // by leg
    std::vector<std::string> instances;                   // by leg: which device; "" for the trunk
    std::optional<Time> deadline;                         // as it stands in deadlines_
    std::optional<Time> waiting_since{};                  // until the other end says something
  };
  using Calls = std::map<CallId, Entry>;

  // switchboard.cpp
  void run(Time now);
  void drain_trunks(Time now);
  void stop_when_quiet(Time now);
  [[nodiscard]] Trunk* find_trunk(std::string_view name);
  void log(LogEvent::Level level, std::string event,
           std::vector<std::pair<std::string, std::string>> fields = {});

  // switchboard_sip.cpp
  void dispatch(sip::UserAgentOutput& output, Time now);
  void invited(const sip::InviteReceived& invite, Time now);
  void requested(const sip::RequestArrived& arrived, Time now);
  void registered(const sip::RequestArrived& arrived, const std::string& user, Time now);
  void answered(const sip::ResponseArrived& arrived, Time now);
  void move_sessions(const sip::Binding& device);
  void deliver(sip::SessionId session, const sip::UserAgentOutput& event, Time now);
  [[nodiscard]] bool is_from_trunk(const sip::Flow& flow) const;

  // switchboard_calls.cpp
  void call_from_browser(const sip::InviteReceived& invite, const std::string& user, Time now);
  void call_from_trunk(const sip::InviteReceived& invite, Time now);
  [[nodiscard]] Trunk* called_trunk(const sip::InviteReceived& invite);
  [[nodiscard]] std::optional<CallFailure> no_room(const std::string& user, Time now) const;
  [[nodiscard]] Call::Setup setup(Direction direction, const TrunkConfig& trunk,
                                  const sip::InviteReceived& invite);
  Calls::iterator add_call(Call::Setup&& setup, Trunk& trunk, Time now);
  void refuse(const sip::InviteReceived& invite, bool by_trunk, CallFailure failure, Time now);
  void bind_session(Calls::iterator entry, LegIndex leg, sip::SessionId session);
  void forget_session(Entry& entry, LegIndex leg);
  void drain_call(Calls::iterator entry, Time now);
  void execute(Calls::iterator entry, CallOutput& output, Time now);
  void send_invite(Calls::iterator entry, SendInvite& invite, Time now);
  [[nodiscard]] sip::Identity identity(const Entry& entry, LegIndex leg) const;
  [[nodiscard]] sip::Uri user_uri(const std::string& user) const;

  // switchboard_trace.cpp
  [[nodiscard]] std::string_view user_of(const sip::Flow& flow) const;
  [[nodiscard]] CallId new_call_id() { return static_cast<CallId>(++last_call_); }
  // The id under which its INVITE is traced.
  [[nodiscard]] CallId call_id_of(const sip::InviteReceived& invite);
  void note_dropped(const sip::Flow& flow, Time now);
  void note_received(const sip::Flow& flow, const Result<sip::Message, sip::ParseError>& message,
                     Time now);
  void note_sent(const sip::Flow& flow, const sip::Message& message, Time now);
  void note_refused(const sip::InviteReceived& invite, CallFailure failure);
  void note_progress(Entry& entry, const sip::UserAgentOutput& event, Time now);
  void note_ended(const CallEnded& ended);

  Config config_;
  Random& random_;
  sip::UserAgent agent_;
  sip::Registrar registrar_;
  MediaLink media_;
  std::vector<std::unique_ptr<Trunk>> trunks_;
  std::map<sip::TransactionId, Trunk*> registering_;
  std::map<sip::Flow, std::string> flows_;  // open WebSockets and whose they are
  Calls calls_;
  std::map<sip::SessionId, LegOwner> sessions_;
  std::set<std::pair<Time, CallId>> deadlines_;
  std::string media_prefix_;  // no leg of an earlier signal process has it
  std::uint64_t last_call_ = 0;
  Counters counters_;
  SipTrace trace_;
  DropReport drop_report_;
  bool shutting_down_ = false;
  bool had_calls_ = false;       // when shut_down() came
  std::optional<Time> stop_at_;  // after shut_down(), until AllCallsEnded
  std::deque<Output> outputs_;
};

}  // namespace offhook::call
