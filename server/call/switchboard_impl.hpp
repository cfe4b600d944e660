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
#include "call/call_records.hpp"
#include "call/counters.hpp"
#include "call/dial_gate.hpp"
#include "call/drop_report.hpp"
#include "call/media_link.hpp"
#include "call/sip_trace.hpp"
#include "call/switchboard.hpp"
#include "call/text_message.hpp"
#include "call/trunk.hpp"
#include "sip/deadlines.hpp"
#include "sip/digest_client.hpp"
#include "sip/message_summary.hpp"
#include "sip/registrar.hpp"
#include "sip/user_agent.hpp"

namespace offhook::call {

// Carries messages between the machines that it holds: one user agent, one registrar, the trunks,
// the link to media, and the calls. What is decided about a call is decided in Call.
class Switchboard::Impl {
 public:
  Impl(Config config, Random& random);

  // switchboard.cpp
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

  // switchboard_trunks.cpp
  void start(Time now);
  void handle_looked_up(std::string_view trunk, const DnsQuestion& question,
                        const DnsAnswer& answer, Time now);
  void handle_trunk_flow(std::string_view trunk, const sip::Target& target,
                         const Result<sip::Flow>& flow, Time now);

  // switchboard_sip.cpp
  void handle_flow_opened(const sip::Flow& flow, std::string_view user);
  void handle_flow_lost(const sip::Flow& flow, const std::string& reason, Time now);
  void handle_undelivered(const sip::Flow& flow, std::string_view quoted, Time now);
  void handle_sip(const sip::Flow& flow, std::string_view bytes, Time now);

 private:
  // Where an INVITE is on its way through the trunk's servers.
  struct Attempt {
    std::string offer;
    sip::Target target;
    std::size_t tries = 1;
    bool waiting = false;  // for the flow
    // RFC 3261 18.1.1: too long for UDP, so `target` is the same server over TCP; where that fails,
    // it goes over UDP after all.
    bool is_stream_for_size = false;
    bool any_size = false;
  };
  struct Leg {
    bool is_trunk = false;
    std::optional<sip::SessionId> session{};
    std::string instance{};  // which device
    // Over the trunk:
    sip::Flow flow{};                  // of the session
    std::string number{};              // what is dialled; "": it has called us
    bool is_redirected = false;        // by the trunk, which it may do once
    std::optional<Attempt> attempt{};  // until the trunk makes progress
    DialGate::Place place{};           // among the calls of its user and trunk
  };
  struct Entry {
    Entry(Call::Setup setup, Random& random, Time now) : call(std::move(setup), random, now) {}
    Call call;
    Trunk* trunk = nullptr;
    std::vector<Leg> legs;                // as the call numbers them
    sip::NameAddress caller;              // inbound: From towards the devices
    std::optional<Time> deadline;         // as it stands in deadlines_
    std::optional<Time> waiting_since{};  // until the other end says something
  };
  using Calls = std::map<CallId, Entry>;

  // A text message that its sender has no answer to yet.
  struct Text {
    // From a browser: the MESSAGE to the trunk.
    struct Onward {
      std::string number;
      std::string text;
      sip::Target target;
      bool waiting = false;  // for the flow
      std::size_t tries = 1;
      sip::Flow flow{};
      sip::Request request{};
      std::optional<sip::DigestClient> digest{};  // once there was a challenge
      std::size_t challenges = 0;
    };
    sip::Request request;  // as it came, without its body
    Trunk* trunk = nullptr;
    std::optional<Onward> onward{};
    std::size_t devices = 0;  // from the trunk: which have not answered
  };
  using Texts = std::map<sip::RequestId, Text>;
  // Of a trunk: what waits in its account's voice mail.
  struct Mailbox {
    std::deque<Time> begun;  // what devices were told of for this trunk, in the last minute
    std::optional<sip::MessageSummary> summary{};
  };

  // switchboard.cpp
  void run(Time now);
  void stop_when_quiet(Time now);
  void log(LogEvent::Level level, std::string event,
           std::vector<std::pair<std::string, std::string>> fields = {});

  // switchboard_trunks.cpp
  void drain_trunks(Time now);
  void execute(Trunk& trunk, Trunk::Output& output, Time now);
  void send_for_trunk(Trunk& trunk, Trunk::SendRequest& send, Time now);
  void trunk_answered(const sip::ResponseArrived& arrived, Time now);
  void flow_opened(Trunk& trunk, const sip::Target& target, const sip::Flow& flow, Time now);
  void flow_failed(Trunk& trunk, const sip::Target& target, Time now);
  void invite_trunk(Calls::iterator at, LegIndex leg, Time now);
  [[nodiscard]] bool try_elsewhere(Calls::iterator at, LegIndex leg, const sip::Refused& refused,
                                   Time now);
  [[nodiscard]] bool follow_redirect(Calls::iterator at, LegIndex leg, const sip::Refused& refused,
                                     Time now);
  [[nodiscard]] Trunk* find_trunk(std::string_view name);

  // switchboard_sip.cpp
  void dispatch(sip::UserAgentOutput& output, Time now);
  void invited(const sip::InviteReceived& invite, Time now);
  void requested(const sip::RequestArrived& arrived, Time now);
  void registered(const sip::RequestArrived& arrived, const std::string& user, Time now);
  void move_sessions(const sip::Binding& device);
  void ring_newcomer(const sip::Binding& device, Time now);
  void deliver(sip::SessionId session, const sip::UserAgentOutput& event, Time now);
  [[nodiscard]] Trunk* trunk_of(const sip::Flow& flow);

  // switchboard_calls.cpp
  void call_from_browser(const sip::InviteReceived& invite, const std::string& user, Time now);
  void call_from_trunk(const sip::InviteReceived& invite, Time now);
  [[nodiscard]] Trunk* called_trunk(const sip::Flow& flow, const sip::Request& request);
  [[nodiscard]] std::optional<CallFailure> not_ready(Time now) const;
  [[nodiscard]] Result<DialGate::Place, CallFailure> pass_gate(const DialGate::Request& request,
                                                               Time now);
  [[nodiscard]] Call::Setup setup(Direction direction, const TrunkConfig& trunk,
                                  const sip::InviteReceived& invite);
  Calls::iterator add_call(Call::Setup&& setup, Trunk& trunk, DialGate::Place place, Time now);
  void refuse(const sip::InviteReceived& invite, bool by_trunk, CallFailure failure, Time now);
  void bind_session(Calls::iterator entry, LegIndex leg, sip::SessionId session);
  void forget_session(Leg& leg);
  void drain_call(Calls::iterator entry, Time now);
  void execute(Calls::iterator entry, CallOutput& output, Time now);
  void send_invite(Calls::iterator entry, SendInvite& invite, Time now);
  [[nodiscard]] sip::Identity identity(const Entry& entry, LegIndex leg) const;
  [[nodiscard]] sip::Uri user_uri(const std::string& user) const;

  // switchboard_transfer.cpp
  struct ReferAnswer {
    std::uint16_t status;
    std::string reason;
  };
  [[nodiscard]] static ReferAnswer refusal_of(CallFailure failure);
  void referred(const sip::ReferReceived& refer, Time now);
  void answer_refer(const sip::ReferReceived& refer, const ReferAnswer& answer, Time now);
  void refer_to_number(const sip::ReferReceived& refer, Calls::iterator at, const sip::Uri& target,
                       Time now);
  void refer_to_call(const sip::ReferReceived& refer, Calls::iterator at,
                     const std::string& replaces, Time now);
  void replace_device(const sip::InviteReceived& invite, const std::string& user,
                      const std::string& instance, Time now);
  // The call of `user` whose device is in that dialog.
  [[nodiscard]] Calls::iterator find_call(const sip::Replaces& replaces, std::string_view user);

  // switchboard_messages.cpp
  void text_arrived(const sip::RequestArrived& arrived, Time now);
  [[nodiscard]] Result<Texts::iterator, TextFailure> add_text_from_browser(
      const sip::RequestArrived& arrived, const std::string& user, Time now);
  [[nodiscard]] Result<void, TextFailure> add_text_from_trunk(const sip::RequestArrived& arrived,
                                                              Time now);
  Texts::iterator add_text(const sip::RequestArrived& arrived, Trunk& trunk, Time now);
  void send_text(Texts::iterator at, Time now);
  void transmit_text(Texts::iterator at, Time now);
  // False: not one of ours.
  [[nodiscard]] bool text_answered(const sip::ResponseArrived& arrived, Time now);
  void trunk_answered_text(Texts::iterator at, const sip::ResponseArrived& arrived, Time now);
  [[nodiscard]] bool answer_challenge(Text& text, const sip::Response& response);
  [[nodiscard]] bool send_text_elsewhere(Texts::iterator at, Time now);
  // Where they wait for this flow, which is open now or cannot be opened.
  void move_texts_on(Trunk& trunk, const sip::Target& target, bool opened, Time now);
  void deliver_text(Texts::iterator at, std::uint16_t status, Time now);
  void refuse_text(Texts::iterator at, const TextFailure& failure, Time now);
  void refuse_text(sip::RequestId id, const sip::Request& request, Direction direction,
                   const TextFailure& failure, Time now);
  void forget_text(Texts::iterator at);
  void give_up_texts(Time now);

  // switchboard_mailbox.cpp
  void mailbox_changed(const sip::RequestArrived& arrived, Time now);
  [[nodiscard]] std::uint16_t take_summary(const sip::RequestArrived& arrived, Time now);
  void tell_of_mailbox(const sip::Binding& device, Time now);
  // False: it has had as many as there may be in a minute.
  [[nodiscard]] bool has_turn(Trunk& trunk, Time now);
  // Outside of any dialog.
  [[nodiscard]] sip::Request request_to(const sip::Binding& device, sip::Method method,
                                        sip::NameAddress from);

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
  // Has the call take a step, which is counted.
  template <typename Step>
  void take_step(Call& call, std::string_view input, Step&& step) {
    const std::string_view before = call.phase();
    step();
    counters_.count_step(before, input, call.phase());
  }
  [[nodiscard]] static std::string_view input_of(const sip::UserAgentOutput& event, bool is_trunk);
  [[nodiscard]] static std::string_view input_of(const control::Event& event, bool is_trunk);
  void note_progress(Entry& entry, const sip::UserAgentOutput& event, Time now);
  void note_ended(const CallEnded& ended);
  void drain_records();

  Config config_;
  Random& random_;
  sip::UserAgent agent_;
  sip::Registrar registrar_;
  MediaLink media_;
  std::vector<std::unique_ptr<Trunk>> trunks_;
  struct TrunkRequest {
    Trunk* trunk;
    sip::Target target;
    bool is_register;  // else OPTIONS
  };
  std::map<sip::TransactionId, TrunkRequest> trunk_requests_;
  std::map<sip::Flow, std::string> flows_;  // open WebSockets and whose they are
  DialGate gate_;                           // outlives the calls, which have places in it
  Calls calls_;
  std::map<sip::SessionId, LegOwner> sessions_;
  std::set<std::pair<Time, CallId>> deadlines_;
  Texts texts_;
  sip::Deadlines<sip::RequestId> text_deadlines_;
  // MESSAGEs of ours that have no final response yet: of texts that have their answer, too.
  std::map<sip::TransactionId, sip::RequestId> text_requests_;
  std::map<const Trunk*, Mailbox> mailboxes_;
  std::string media_prefix_;  // no leg of an earlier signal process has it
  std::uint64_t last_call_ = 0;
  CallRecords records_;
  Counters counters_;
  SipTrace trace_;
  DropReport drop_report_;
  bool shutting_down_ = false;
  bool had_calls_ = false;       // when shut_down() came
  std::optional<Time> stop_at_;  // after shut_down(), until AllCallsEnded
  std::deque<Output> outputs_;
};

}  // namespace offhook::call
