#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "sip/admission.hpp"
#include "sip/digest.hpp"
#include "sip/flow.hpp"
#include "sip/message.hpp"
#include "sip/session_timer.hpp"
#include "sip/transaction.hpp"

// The SIP user agent: transactions, dialogs and INVITE sessions behind one machine (RFC 3261 8, 9,
// 12 to 15). The switchboard stands on it for both of its sides, so do the provider stand-in and
// the simulated browsers. It knows nothing of SDP (bodies pass through as text), of users, of
// trunks or of routing.
namespace offhook::sip {

// One INVITE session (one dialog usage), from the first INVITE to the end. Made by the agent, never
// reused.
enum class SessionId : std::uint64_t {};
// One request outside or inside a dialog that the user of the agent has to answer.
enum class RequestId : std::uint64_t {};
// One non-INVITE request that we sent outside a session (REGISTER, OPTIONS).
enum class TransactionId : std::uint64_t {};

// What identifies us in messages that we make.
struct Identity {
  NameAddress local;     // From in requests
  NameAddress contact;   // Contact: where in-dialog requests find us
  std::string via_host;  // sent-by of Via
  std::optional<std::uint16_t> via_port;
  std::string user_agent;
};

struct InviteRequest {
  Flow flow;
  Identity identity;
  Uri target;                      // Request-URI
  NameAddress remote;              // To, without a tag
  std::vector<NameAddress> route;  // preloaded routes (outbound proxy), may be empty
  std::string offer;               // SDP
  std::optional<Account> account;  // answers 401 and 407 to this very transaction; absent: never
  std::string realm;  // the account answers only this realm; "" = the first one that the peer shows
  std::string least_algorithm{};  // weaker ones are not answered; "" = any that we know
  std::optional<NameAddress> remote_party_id;  // caller id, where the profile says so
  std::optional<Replaces> replaces{};          // the dialog whose place this one takes (RFC 3891)
  // Says that we acknowledge provisional responses (RFC 3262); never to a browser,
  // nor without an offer.
  bool reliable_provisional = false;
  // Over UDP, an INVITE that is longer is refused here, by a local 513 (RFC 3261 18.1.1).
  std::optional<std::size_t> max_datagram_bytes{};
  // How long to wait for the first word of the other side; nullopt: 32 s.
  std::optional<Duration> invite_timeout{};
};

// ---- events, drained by poll_output() ----

// To the wire.
struct SendMessage {
  Flow flow;
  std::string bytes;
  Message message;  // the same, typed: for the trace and for tests
};
// A new INVITE from outside a dialog; 100 has been sent. Answer with ring / progress / accept /
// reject / challenge.
struct InviteReceived {
  SessionId session;
  Flow flow;
  Request request;  // body: the offer, or empty (offerless INVITE)
};
// Outgoing: 101..199; `response.body` may hold early SDP. One event a response, of reliable ones in
// their order (RFC 3262 4); where the INVITE was forked, the To-tag tells whose it is.
struct Progressed {
  SessionId session;
  Response response;
};
// Outgoing: the first 2xx; ACK has been sent. Forked later 2xx are ACKed and BYEd by the agent.
struct Accepted {
  SessionId session;
  Response response;
};
// Outgoing: final 3xx..6xx (401/407 only when not answerable), a timeout (408), a transport failure
// (503) or too long for UDP (513) made by us: `local` tells. The session is over.
struct Refused {
  SessionId session;
  Response response;
  bool local = false;
};
// The ACK to our 2xx arrived, to that of a re-INVITE too (body: the answer to our offer, if the
// INVITE had none).
struct Confirmed {
  SessionId session;
  std::string body;
};
// Incoming, before our final answer: CANCEL (or BYE) came and 487 has been sent, or no PRACK came and
// 504 has been. The session is over.
struct Cancelled {
  SessionId session;
  std::string reason;  // Reason header, may be empty
};
// Re-INVITE with a new or the same offer (or none), or UPDATE with an offer: answer with accept /
// reject. Where it is cancelled first, the agent answers it 487 and a later accept / reject does
// nothing.
struct Reinvited {
  SessionId session;
  Request request;
};
// Our re-INVITE was accepted: one that says again what we had said last, to refresh the session, or
// that of reinvite(). `sdp` is the answer, may be empty.
struct Refreshed {
  SessionId session;
  std::string sdp;
};
// That of reinvite() was not; the session goes on as it was.
struct ReinviteRefused {
  SessionId session;
  std::uint16_t status;
};
// The dialog is over: BYE from the far end (answered 200), or for one of the other causes; then BYE
// has been sent.
struct Ended {
  SessionId session;
  // No ACK to a 2xx of ours; 481, 408 or no final answer to a re-INVITE of ours; the session timer.
  enum class Cause : std::uint8_t { RemoteHangup, NoAck, DialogLost, Expired } cause;
  std::string reason;  // Reason header of the BYE, may be empty
};
// In-dialog INFO (DTMF); answered 200 by the agent.
struct InfoReceived {
  SessionId session;
  std::string content_type;
  std::string body;
};
// REFER in an answered session, where Config::refer has the agent take it; with the one Refer-To
// that a REFER must have (RFC 3515 2.4.1; what is otherwise was answered 400). Answer with
// respond(): 202, and notify_refer() at once and for all that becomes of it, or a refusal. A session
// that ends first has it answered by the agent, and a later respond() does nothing. One that comes
// before it is answered, or before what has become of the last one is told, gets 491.
struct ReferReceived {
  SessionId session;
  RequestId id;
  Request request;
};
// The final response to refer(); a timeout is 408, a transport failure 503.
struct ReferAnswered {
  SessionId session;
  std::uint16_t status;
};
// NOTIFY of the subscription that a refer() has made, answered 200 by the agent.
struct NotifyReceived {
  SessionId session;
  std::string event;
  std::string subscription_state;
  std::string content_type;
  std::string body;
};
// Any other request outside a dialog (REGISTER, MESSAGE, ...): answer with respond(). OPTIONS is
// answered by the agent.
struct RequestArrived {
  RequestId id;
  Flow flow;
  Request request;
};
// The final response to send_request(); a timeout is a local 408, a transport failure a local 503.
struct ResponseArrived {
  TransactionId id;
  Response response;
  bool local = false;
};

using UserAgentOutput =
    std::variant<SendMessage, InviteReceived, Progressed, Accepted, Refused, Confirmed, Cancelled,
                 Reinvited, Refreshed, ReinviteRefused, Ended, InfoReceived, ReferReceived,
                 ReferAnswered, NotifyReceived, RequestArrived, ResponseArrived>;

class UserAgent {
 public:
  struct Config {
    Timers timers;
    std::string user_agent;             // User-Agent and Server of what we send
    std::size_t max_sessions = 10'000;  // above: INVITE is answered 503 with Retry-After
    // Option tags that the user of the agent implements: in Supported, and accepted in Require. With
    // "100rel" the agent sends provisional responses reliably where an INVITE requires that (RFC
    // 3262), but to no browser.
    std::vector<std::string> supported{};
    // Whether REFER in a session is handed to the user of the agent; else it is answered 405.
    bool refer = false;
    // Whether the user of the agent takes MESSAGE, which it is handed in any case: for Allow.
    bool message = false;
    // Absent: none. With browsers there is none in any case: SIP.js knows no session timers.
    std::optional<SessionTimerPolicy> session_timer{};
    // Absent: a source may ask for as much as all together may.
    std::optional<Admission::Budget> per_source = Admission::Budget{};
  };

  UserAgent(Config config, Random& random);
  ~UserAgent();
  UserAgent(const UserAgent&) = delete;
  UserAgent& operator=(const UserAgent&) = delete;

  // ---- inputs from the wire ----
  // One datagram or WebSocket message. Unparsable requests are answered statelessly where possible
  // (400, 505, ...). `source` is whose budget it counts against, "": source_of(flow).
  void handle(const Flow& flow, std::string_view bytes, Time now, std::string source = {});
  // The same, parsed by parse_message(); `bytes`: how many it was.
  void handle(const Flow& flow, Result<Message, ParseError> message, std::size_t bytes, Time now,
              std::string source = {});
  // The connection is closed: client transactions on it fail, sessions stay (their dialogs move when
  // update_flow() names a new one).
  void handle_flow_lost(const Flow& flow, Time now);
  // UDP: an ICMP error came; `quoted` is the start of what could not be delivered. That request
  // fails where it has no answer at all yet, and is no BYE or CANCEL.
  void handle_undelivered(const Flow& flow, std::string_view quoted, Time now);
  void handle_timeout(Time now);
  [[nodiscard]] std::optional<UserAgentOutput> poll_output();
  [[nodiscard]] std::optional<Time> next_timeout() const;

  // ---- outgoing sessions ----
  SessionId invite(InviteRequest request, Time now);

  // ---- incoming sessions; `identity` gives the Contact. All responses of a session carry one
  // To-tag. ---- What is asked of a session that is over already, or has nothing to answer, does
  // nothing: its event is on the way.

  // 180.
  void ring(SessionId session, const Identity& identity, Time now);
  // 183 with SDP.
  void progress(SessionId session, const Identity& identity, std::string sdp, Time now);
  // 200, also to re-INVITE and UPDATE.
  void accept(SessionId session, const Identity& identity, std::string sdp, Time now);
  // 3xx..6xx, also to re-INVITE and UPDATE. `reason` is the Reason header, may be empty.
  void reject(SessionId session, std::uint16_t status, std::string_view reason, Time now);
  // 401 with this challenge to a new INVITE. The session is over; the INVITE with the answer to the
  // challenge is a new one.
  void challenge(SessionId session, const Challenge& challenge, Time now);

  // ---- both ----
  // CANCEL, BYE or a 487/603 answer: whatever the state asks for. The session is over for the user
  // of the agent, no event about it follows; the agent goes on until the wire is quiet (a 2xx that
  // crosses the CANCEL is ACKed and BYEd). `reason` is the Reason header, may be empty.
  void hang_up(SessionId session, std::string_view reason, Time now);
  // Re-INVITE with this offer, in a session whose last answer is acknowledged; else it does nothing.
  // Where one of the other side's is under way, it waits (RFC 3261 14.1). Refreshed or
  // ReinviteRefused follows, unless the session ends first.
  void reinvite(SessionId session, std::string offer, Time now);
  // REFER in an answered session (RFC 3515); ReferAnswered follows.
  void refer(SessionId session, NameAddress refer_to, Time now);
  // What became of the session's last REFER, which was accepted: a NOTIFY with this status as
  // message/sipfrag (RFC 3515 2.4.4, 2.4.5), sent once the one before is answered, where a newer one
  // takes its place. It ends the subscription where `is_final`; so do 5 min and a NOTIFY that is
  // answered 481. `reason` is the Reason header, may be empty. What is not told when hang_up() comes
  // is sent before the BYE.
  void notify_refer(SessionId session, std::uint16_t status, std::string_view reason, bool is_final,
                    Time now);
  // Whose dialog, early or not, `replaces` names (RFC 3891 3). nullopt: no session that the user of
  // the agent sees.
  [[nodiscard]] std::optional<SessionId> find_session(const Replaces& replaces) const;
  // The device is reached over `flow` from now on: requests in the dialog go there and must come
  // from there, and so do the answers to an INVITE that is still open.
  void update_flow(SessionId session, const Flow& flow);
  // As the user of the agent sees them.
  [[nodiscard]] std::size_t session_count() const;
  // Of all its messages; "" where it is over.
  [[nodiscard]] std::string call_id(SessionId session) const;
  // For status and for leak checks; 0 when the wire is quiet.
  [[nodiscard]] std::size_t transaction_count() const;
  // Messages that were sent again for want of an answer, since the start.
  [[nodiscard]] std::uint64_t retransmissions() const;
  // Requests that were refused for want of room or of budget, since the start.
  [[nodiscard]] std::uint64_t shed() const;

  // ---- requests outside of sessions ----
  // Via is added here (where `request` has one, its sent-by is kept), Max-Forwards and User-Agent
  // where absent.
  TransactionId send_request(const Flow& flow, Request request, Time now);
  // Every request that arrives must be answered once, made by make_response(): until then its
  // transaction stays (that of a REFER while its session does).
  void respond(RequestId id, Response response, Time now);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offhook::sip
