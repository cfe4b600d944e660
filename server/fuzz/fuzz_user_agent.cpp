#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "base/overloaded.hpp"
#include "fuzz/flows.hpp"
#include "fuzz/program.hpp"
#include "fuzz/sip_limits.hpp"
#include "fuzz/sip_text.hpp"
#include "fuzz/target.hpp"
#include "fuzz/virtual_clock.hpp"
#include "sip/user_agent.hpp"

// A program of datagrams, user's calls, losses and pauses against the user agent. Whatever it is:
// what we send reads as what we meant, a session ends once for its user and is silent after, each
// request gets one answer, and when the user lets go of everything time alone empties the agent.
namespace offhook::fuzz {
namespace {

constexpr std::size_t kMaxSessions = 6;
constexpr std::size_t kRemembered = 32;
constexpr Duration kLongest = std::chrono::minutes(5);
constexpr std::array<std::string_view, 12> kMethods{"INVITE", "INVITE",  "ACK",     "BYE",
                                                    "CANCEL", "OPTIONS", "INFO",    "REGISTER",
                                                    "UPDATE", "MESSAGE", "STRANGE", "NOTIFY"};
constexpr std::array<std::uint16_t, 14> kStatuses{100, 180, 183, 200, 200, 202, 302,
                                                  401, 407, 422, 481, 486, 491, 503};
// Of responses.
constexpr std::array<std::string_view, 10> kResponseLines{
    "",
    "Contact: <sip:b@192.0.2.8>\r\n",
    "Contact: <sip:b@192.0.2.9:5070;transport=tcp>\r\nRecord-Route: <sip:p@192.0.2.8;lr>, "
    "<sip:192.0.2.7>\r\n",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\"\r\n",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", stale=true\r\n",
    "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n1\", opaque=\"o\", qop=\"auth,auth-int\"\r\n",
    "Proxy-Authenticate: Digest realm=\"other\", nonce=\"n3\"\r\n",
    "Retry-After: 5\r\n",
    "Session-Expires: 90;refresher=uac\r\nMin-SE: 100\r\n",
    "Contact: <sip:b@192.0.2.8>\r\nSession-Expires: 90;refresher=uas\r\n"};
// Of requests.
constexpr std::array<std::string_view, 10> kRequestLines{
    "Contact: <sip:a@192.0.2.9>\r\n",
    "Contact: <sip:a@192.0.2.9;transport=ws>\r\nRecord-Route: <sip:192.0.2.8;lr>\r\n",
    "Contact: <sip:a@192.0.2.9>\r\nRequire: replaces\r\n",
    "Contact: <sip:a@192.0.2.9>\r\nMax-Forwards: 0\r\n",
    "Contact: <sip:a@192.0.2.9>\r\nContent-Type: text/plain\r\n",
    "Contact: <sip:a@192.0.2.9>\r\nContent-Type: application/sdp\r\nReason: Q.850;cause=16\r\n",
    "Contact: <sip:a@192.0.2.9>\r\nAuthorization: Digest username=\"a\", realm=\"r\", "
    "nonce=\"n1\", uri=\"sip:b@example.com\", response=\"0\"\r\n",
    "Contact: *\r\n",
    "Contact: <sip:a@192.0.2.9>\r\nSupported: timer\r\nSession-Expires: 90\r\n",
    "Contact: <sip:a@192.0.2.9>\r\nSupported: timer\r\nSession-Expires: 90;refresher=uac\r\n"};

const sip::Challenge kChallenge{
    .realm = "r", .nonce = "n", .algorithm = {}, .opaque = {}, .qop = {"auth"}, .stale = false};

sip::Identity identity() {
  sip::Identity identity;
  identity.local.uri = *sip::Uri::parse("sip:us@example.com");
  identity.contact.uri = *sip::Uri::parse("sip:us@192.0.2.1");
  identity.via_host = "192.0.2.1";
  identity.via_port = std::uint16_t{5060};
  return identity;
}

struct KnownDialog {
  std::string call_id, ours, theirs;
};
struct SentRequest {
  sip::Flow flow;
  sip::Request request;
};

class World {
 public:
  explicit World(Program& program) : program_(program) {}

  void run() {
    for (; !program_.done(); ++inputs_) {
      step();
      drain();
    }
    for (const auto& [session, over] : sessions_) agent_.hang_up(session, "over", clock_.now());
    drain();
    for (const sip::RequestArrived& each : std::exchange(unanswered_, {})) respond(each, 500);
    drain();
    OFFHOOK_ASSERT(agent_.session_count() == 0);
    clock_.run_out(64 * (inputs_ + 1), kLongest, agent_, [this] { drain(); });
    OFFHOOK_ASSERT(agent_.session_count() == 0 && agent_.transaction_count() == 0);
    OFFHOOK_ASSERT(std::ranges::all_of(requests_, [](const auto& each) { return each.second; }));
  }

 private:
  using Sessions = std::map<sip::SessionId, bool>;  // and whether its user knows that it is over

  void step() {
    switch (program_.below(12)) {
      case 0:
        invite();
        break;
      case 1:
      case 2:
      case 3:
        receive_response();
        break;
      case 4:
      case 5:
      case 6:
        receive_request();
        break;
      case 7:
      case 8:
        if (!sessions_.empty()) act_on(pick_session());
        break;
      case 9:
        request_or_respond();
        break;
      case 10:
        change_network();
        break;
      default:
        clock_.pass(program_, agent_, [this] { drain(); });
    }
  }

  // ---- the user ----

  sip::SessionId pick_session() {
    return std::next(sessions_.begin(), static_cast<std::ptrdiff_t>(program_.below(
                                            std::min<std::size_t>(sessions_.size(), 256))))
        ->first;
  }
  void invite() {
    sip::InviteRequest order;
    order.flow = program_.one_of(kFlows);
    order.identity = identity();
    order.target = *sip::Uri::parse("sip:4443@example.com");
    order.remote.uri = order.target;
    if (program_.flag()) order.offer = "offer";
    if (program_.flag()) order.account = sip::Account{"us", "secret"};
    if (program_.flag()) order.realm = "r";
    sessions_.emplace(agent_.invite(std::move(order), clock_.now()), false);
  }
  // Also to those that are over, or have nothing to answer.
  void act_on(sip::SessionId session) {
    const Time now = clock_.now();
    switch (program_.below(7)) {
      case 0:
        return agent_.ring(session, identity(), now);
      case 1:
        return agent_.progress(session, identity(), "early", now);
      case 2:
      case 3:
        return agent_.accept(session, identity(), program_.flag() ? "answer" : "", now);
      case 4:
        return agent_.reject(session, program_.flag() ? 486 : 302, "Q.850;cause=17", now);
      case 5:
        return agent_.challenge(session, kChallenge, now);
      default:
        agent_.hang_up(session, {}, now);
        sessions_.at(session) = true;
        // What was said before it was heard.
        while (const auto output = agent_.poll_output()) take_wire(*output);
    }
  }
  void request_or_respond() {
    if (unanswered_.empty() || program_.flag()) {
      sip::Request request = RequestText{.method = "REGISTER"}.parsed();
      if (program_.flag()) request.headers.via.clear();
      const auto id =
          agent_.send_request(program_.one_of(kFlows), std::move(request), clock_.now());
      requests_.emplace(id, false);
      return;
    }
    const sip::RequestArrived arrived = unanswered_.back();
    unanswered_.pop_back();
    respond(arrived, program_.flag() ? 200 : 404);
  }
  void respond(const sip::RequestArrived& arrived, std::uint16_t status) {
    agent_.respond(arrived.id, sip::make_response(arrived.request, status, "ours"), clock_.now());
  }

  // ---- the network ----

  void change_network() {
    const sip::Flow& flow = program_.one_of(kFlows);
    if (!wire_.empty() && program_.below(4) == 0) {  // an ICMP error quotes what it pleases
      const std::size_t quoted = std::size_t{4} * program_.byte();
      agent_.handle_undelivered(flow, program_.one_of(wire_).substr(0, quoted), clock_.now());
    } else if (sessions_.empty() || program_.flag()) {
      agent_.handle_flow_lost(flow, clock_.now());
    } else {
      agent_.update_flow(pick_session(), flow);
    }
  }
  void receive_response() {
    if (sent_requests_.empty()) return;
    const SentRequest& sent = program_.one_of(sent_requests_);
    const std::uint16_t status = program_.one_of(kStatuses);
    const std::string tag = "fork" + std::to_string(program_.below(12));
    if (sent.request.method == sip::Method::Invite) {
      remember({sent.request.headers.call_id, std::string(sent.request.headers.from.tag()), tag});
    }
    const std::string_view lines = program_.one_of(kResponseLines);
    const std::string_view body = program_.flag() ? "v=0\r\n" : "";
    const sip::Flow& flow = program_.below(16) == 0 ? program_.one_of(kFlows) : sent.flow;
    deliver(flow, response_text(sent.request, status, tag, lines, body));
  }
  void receive_request() {
    const sip::Flow& flow = program_.one_of(kFlows);
    if (program_.below(16) == 0) return deliver(flow, as_text(program_.bytes()));
    if (!wire_.empty() && program_.below(8) == 0) return deliver(flow, program_.one_of(wire_));
    RequestText text{.method = program_.one_of(kMethods)};
    text.via = program_.flag() ? "SIP/2.0/UDP 192.0.2.9:5060;rport;branch=z9hG4bK"
                               : "SIP/2.0/WS a.invalid;branch=";
    text.via += std::to_string(program_.below(6));
    text.cseq = program_.below(8);
    if (!dialogs_.empty() && program_.flag()) {
      const KnownDialog& dialog = program_.one_of(dialogs_);
      text.call_id = dialog.call_id;
      text.from_tag = dialog.theirs;
      text.to_tag = dialog.ours;
    } else {
      text.call_id = "c" + std::to_string(program_.below(4));
      if (program_.below(4) == 0) text.to_tag = "unknown";
    }
    text.lines = program_.one_of(kRequestLines);
    if (program_.flag()) text.body = "v=0\r\n";
    deliver(flow, text.to_string());
  }
  // The answers to one message are few, whatever it is.
  void deliver(const sip::Flow& flow, std::string_view bytes) {
    const std::size_t before = messages_sent_;
    agent_.handle(flow, bytes, clock_.now());
    drain();
    OFFHOOK_ASSERT(messages_sent_ - before <= 3);
  }
  void remember(KnownDialog dialog) {
    dialogs_.push_back(std::move(dialog));
    if (dialogs_.size() > kRemembered) dialogs_.pop_front();
  }

  // ---- what comes out ----

  void drain() {
    while (const auto output = agent_.poll_output()) {
      if (!take_wire(*output)) take_event(*output);
    }
    const auto open = std::ranges::count(sessions_, false, &Sessions::value_type::second);
    OFFHOOK_ASSERT(agent_.session_count() <= static_cast<std::size_t>(open));
  }
  bool take_wire(const sip::UserAgentOutput& output) {
    const auto* send = std::get_if<sip::SendMessage>(&output);
    if (send == nullptr) return false;
    ++messages_sent_;
    if (within_sip_limits(send->bytes)) {
      const auto read = sip::parse_message(send->bytes);
      OFFHOOK_ASSERT(read && sip::serialize(*read) == send->bytes);
    }
    wire_.push_back(send->bytes);
    if (wire_.size() > kRemembered) wire_.pop_front();
    if (const auto* request = std::get_if<sip::Request>(&send->message)) {
      sent_requests_.push_back({send->flow, *request});
      if (sent_requests_.size() > kRemembered) sent_requests_.pop_front();
    } else {
      const sip::Headers& headers = std::get<sip::Response>(send->message).headers;
      if (headers.cseq.method == sip::Method::Invite && !headers.to.tag().empty()) {
        remember({headers.call_id, std::string(headers.to.tag()), std::string(headers.from.tag())});
      }
    }
    return true;
  }
  void take_event(const sip::UserAgentOutput& output) {
    std::visit(Overloaded{
                   [](const sip::SendMessage&) {},
                   [&](const sip::InviteReceived& event) {
                     OFFHOOK_ASSERT(sessions_.emplace(event.session, false).second);
                   },
                   [&](const sip::RequestArrived& event) { unanswered_.push_back(event); },
                   [&](const sip::ResponseArrived& event) {
                     OFFHOOK_ASSERT(event.response.is_final());
                     OFFHOOK_ASSERT(!std::exchange(requests_.at(event.id), true));
                   },
                   [&](const auto& event) { take_session_event(event); },
               },
               output);
  }
  template <typename Event>
  void take_session_event(const Event& event) {
    constexpr bool kIsLast = std::is_same_v<Event, sip::Refused> ||
                             std::is_same_v<Event, sip::Cancelled> ||
                             std::is_same_v<Event, sip::Ended>;
    bool& over = sessions_.at(event.session);
    OFFHOOK_ASSERT(!over);
    if constexpr (kIsLast) over = true;
    if constexpr (std::is_same_v<Event, sip::Accepted>) {
      OFFHOOK_ASSERT(std::ranges::find(answered_, event.session) == answered_.end());
      answered_.push_back(event.session);
    }
  }

  Program& program_;
  SeededRandom random_{1};
  VirtualClock clock_;
  sip::UserAgent agent_{{.timers = {},
                         .user_agent = "fuzz",
                         .max_sessions = kMaxSessions,
                         .supported = {"replaces"},
                         .session_timer = sip::SessionTimerPolicy{}},
                        random_};
  std::size_t inputs_ = 0;
  std::size_t messages_sent_ = 0;
  std::map<sip::SessionId, bool> sessions_;      // and whether its user knows that it is over
  std::vector<sip::SessionId> answered_;         // of ours
  std::map<sip::TransactionId, bool> requests_;  // and whether it was answered
  std::vector<sip::RequestArrived> unanswered_;
  std::deque<SentRequest> sent_requests_;
  std::deque<std::string> wire_;
  std::deque<KnownDialog> dialogs_;
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return offhook::fuzz::run_program<offhook::fuzz::World>(data, size);
}
