#pragma once

#include <chrono>
#include <cstdint>
#include <map>
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
#include "call/dial_rules.hpp"
#include "call/srtp_policy.hpp"
#include "control/control.pb.h"
#include "sdp/offer_answer.hpp"
#include "sip/digest.hpp"
#include "sip/flow.hpp"
#include "sip/message_summary.hpp"
#include "sip/server_selection.hpp"
#include "sip/target.hpp"
#include "sip/transaction.hpp"

// The heart of signal: users' devices, trunks and calls behind one sans-IO machine. A call is a
// back-to-back user agent: one browser leg, one trunk leg, and a bridge in media between them.
namespace offhook::call {

// An account at a provider, as configured.
struct TrunkConfig {
  std::string name;  // "voipms": in logs and status
  std::string user;  // who calls through it and whom it rings
  // Where it is, the preferred one first; e.g. {"atlanta1.voip.ms", nullopt, Udp}.
  std::vector<sip::Server> servers;
  sip::Abilities abilities;  // what the shell can send with
  sip::Account account;      // SIP user and password
  std::string caller_id;     // number shown, where the provider lets the caller choose
                             // (Remote-Party-ID); may be ""
  bool registers = true;
  std::chrono::seconds expires{300};
  // CRLF, so that NATs in front of us keep the way open: they forget a UDP mapping after as little
  // as 30 s, and RFC 5626 4.4.1 asks for 24 to 29 s. Zero: none.
  Duration keep_alive_interval = std::chrono::seconds(25);
  // OPTIONS, after so long without a word from the server. Zero: none.
  Duration probe_interval = std::chrono::seconds(60);
  std::vector<sdp::Codec> codecs{sdp::Codec::Pcmu, sdp::Codec::Pcma};
  SrtpPolicy srtp = SrtpPolicy::Off;
  NumberPlan number_plan = NumberPlan::NorthAmerica;
  DialRules dial;  // of all calls over it
};

struct Config {
  std::vector<std::string> users;  // who may register; in the first version one
  std::vector<TrunkConfig> trunks;
  std::string sip_domain = "offhook.invalid";  // host of users' AORs towards the browser
  std::string software;                        // "offhook/0.1.0"
  sip::Timers timers;
  Duration no_answer_timeout = std::chrono::seconds(180);  // an outgoing call rings no longer
  Duration media_ready_timeout =
      std::chrono::milliseconds(700);  // inbound: 200 to the trunk at the latest after this
  DialPolicy dial;
};

enum class CallId : std::uint64_t {};
// As logs, traces and the API write it.
[[nodiscard]] std::string call_text(CallId id);
enum class Direction : std::uint8_t { Outbound, Inbound };
enum class Outcome : std::uint8_t { Completed, NoAnswer, Busy, Cancelled, Rejected, Failed };
[[nodiscard]] std::string_view to_string(Outcome outcome);

// ---- outputs ----

struct SendSip {
  sip::Flow flow;
  std::string bytes;  // a message, or kKeepAlive
};
// RFC 5626 3.5.1; who does not know it drops it as an empty message (RFC 3261 7.5).
inline constexpr std::string_view kKeepAlive = "\r\n\r\n";
// A question to the domain name system for a trunk; handle_looked_up() answers it, once.
struct LookUp {
  std::string trunk;
  DnsQuestion question;
};
// A way to a provider's server is wanted; handle_trunk_flow() answers, once. `connection`: the id
// that the flow will have.
struct OpenFlow {
  std::string trunk;
  sip::Target target;
  std::uint64_t connection;
};
struct SendCommand {  // to media
  control::Command command;
};
// One event, one line in the log; the shell writes it. No secrets and no digits in it.
struct LogEvent {
  enum class Level : std::uint8_t { Debug, Info, Warning, Error } level = Level::Info;
  std::string event;  // "call_started", "trunk_registered", ...
  std::vector<std::pair<std::string, std::string>> fields;
};
// How a leg fared: what media said of it in the end.
struct LegRecord {
  std::string leg_id;  // "" where there was none that talked
  std::optional<control::LegStatistics> statistics{};
};
struct CallEnded {  // exactly one a call: the CDR
  CallId id;
  Direction direction;
  std::string user;
  std::string trunk;
  std::string remote_number;
  Outcome outcome;
  std::string failure;           // a word of call_failure.hpp, "" for a completed call
  std::uint16_t sip_status = 0;  // of the failure, 0 otherwise
  Duration ringing{};            // from the first INVITE to the answer or the end
  Duration talking{};            // from the answer to the end
  std::string transferred_to{};  // whom its user connected the caller with; "": nobody
  LegRecord browser_leg{};
  LegRecord trunk_leg{};
};
struct AllCallsEnded {};  // after shut_down(): nothing is left to send

using Output =
    std::variant<SendSip, LookUp, OpenFlow, SendCommand, LogEvent, CallEnded, AllCallsEnded>;

struct TrunkStatus {
  std::string name;
  std::string state;   // "registered", "registering", "waiting", "unresolved", ...
  std::string reason;  // in words, when it is not well
  std::optional<sip::MessageSummary> mailbox{};  // nullopt: the provider has said nothing of it
};
struct Status {
  std::size_t calls = 0;
  std::size_t connecting = 0;  // of them, and so the next two
  std::size_t ringing = 0;
  std::size_t connected = 0;
  std::size_t legs = 0;      // media legs that signal believes to exist
  std::size_t sessions = 0;  // SIP sessions
  std::size_t devices = 0;
  std::size_t web_sockets = 0;
  std::size_t transactions = 0;
  std::uint64_t dropped = 0;          // messages from nobody we know, since the start
  std::uint64_t retransmissions = 0;  // messages that we sent again, since the start
  std::uint64_t shed = 0;  // requests refused for want of room or of budget, since the start
  bool media_connected = false;
  std::vector<TrunkStatus> trunks;
};

class Counters;
class SipTrace;

class Switchboard {
 public:
  Switchboard(Config config, Random& random);
  ~Switchboard();
  Switchboard(const Switchboard&) = delete;
  Switchboard& operator=(const Switchboard&) = delete;

  // ---- trunks ----
  // Begins to look for the providers' servers, and to register.
  void start(Time now);
  void handle_looked_up(std::string_view trunk, const DnsQuestion& question,
                        const DnsAnswer& answer, Time now);
  // `flow`: with our address as that server sees it first, before any NAT. A connection need not
  // stand yet; where it never does, handle_flow_lost() follows.
  void handle_trunk_flow(std::string_view trunk, const sip::Target& target,
                         const Result<sip::Flow>& flow, Time now);

  // ---- browsers ----
  // A WebSocket of a signed-in user is open; the identity of all that comes from it.
  void handle_flow_opened(const sip::Flow& flow, std::string_view user, Time now);
  // A connection closed. `reason`: in words.
  void handle_flow_lost(const sip::Flow& flow, const std::string& reason, Time now);
  // UDP to a trunk: an ICMP error quotes the start of what could not be delivered. That request
  // fails at once; calls that ring or talk go on, and so do their BYE and CANCEL.
  void handle_undelivered(const sip::Flow& flow, std::string_view quoted, Time now);

  // ---- SIP from either side; what comes from an unknown source is dropped ----
  void handle_sip(const sip::Flow& flow, std::string_view bytes, Time now);

  // ---- media ----
  void handle_media_connected(Time now);  // the control socket is up (Hello follows)
  void handle_media_lost(Time now);       // all legs are gone: calls end with a reason in words
  void handle_media_event(const control::Event& event, Time now);

  // ---- the rest ----
  // Every call gets its BYE or final answer, trunks are unregistered, new calls get 503;
  // AllCallsEnded follows when the wire is quiet or after 1.5 s.
  void shut_down(Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<Output> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;
  [[nodiscard]] Status status() const;
  [[nodiscard]] const Counters& counters() const;
  [[nodiscard]] const SipTrace& trace() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::call
