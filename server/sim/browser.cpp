#include "sim/browser.hpp"

#include <utility>

#include "base/assert.hpp"
#include "base/overloaded.hpp"

namespace offhook::sim {

namespace {

// A browser does not know its addresses; ours must have some for Via.
const Endpoint kTransport = *Endpoint::parse("192.0.2.1:443");

}  // namespace

Browser::Browser(std::string instance, std::string user, Random& random, BrowserMedia& media)
    : instance_(std::move(instance)),
      user_(std::move(user)),
      random_(random),
      media_(media),
      agent_({.timers = {}, .user_agent = "SIP.js/0.21.2"}, random),
      transport_{sip::Transport::Wss, 1, kTransport, kTransport},
      call_id_(random.hex(8)) {}

void Browser::connected(Time now) {
  connected_ = true;
  send_register(now);
}

void Browser::disconnected() {
  connected_ = false;
  registered_ = false;
}

void Browser::handle(std::string_view bytes, Time now) {
  if (connected_) agent_.handle(transport_, bytes, now);
}

void Browser::handle_timeout(Time now) { agent_.handle_timeout(now); }

std::optional<std::string> Browser::poll_message(Time now) {
  while (auto output = agent_.poll_output()) {
    if (auto* send = std::get_if<sip::SendMessage>(&*output)) {
      if (connected_) return std::move(send->bytes);
    } else {
      dispatch(*output, now);
    }
  }
  return std::nullopt;
}

void Browser::dispatch(const sip::UserAgentOutput& event, Time now) {
  std::visit(Overloaded{
                 [&](const sip::InviteReceived& e) { invited(e, now); },
                 [&](const sip::Progressed& e) { progressed(e.response, now); },
                 [&](const sip::Accepted& e) { accepted(e.response, now); },
                 [&](const sip::Refused& e) { over(e.response.status, e.response.headers.reason); },
                 [&](const sip::Cancelled& e) { over(487, e.reason); },
                 [&](const sip::Ended& e) { over(0, e.reason); },
                 [&](const sip::Refreshed&) { is_held_ = wants_hold_; },
                 [&](const sip::ReferAnswered& e) { transfer_status_ = e.status; },
                 [&](const sip::NotifyReceived& e) {
                   transfer_progress_ = e.body.substr(0, e.body.find('\r'));
                 },
                 [&](const sip::ResponseArrived& e) {
                   // An earlier one may only now be given up.
                   const bool is_latest = e.response.headers.cseq.number == cseq_;
                   if (is_latest) registered_ = e.response.is_success();
                 },
                 [&](const sip::RequestArrived&) { fault_ = "a request that no browser serves"; },
                 [](const auto&) {},
             },
             event);
}

void Browser::invited(const sip::InviteReceived& invite, Time now) {
  if (session_) return agent_.reject(invite.session, 486, "", now);
  session_ = invite.session;
  state_ = State::Ringing;
  offer_ = invite.request.body;
  caller_ = invite.request.headers.from.uri.user;
  agent_.ring(invite.session, identity(), now);
}

void Browser::remember_dialog(const sip::Response& response) {
  const sip::Headers& headers = response.headers;
  dialog_ = sip::Replaces{.call_id = headers.call_id,
                          .to_tag = std::string(headers.to.tag()),
                          .from_tag = std::string(headers.from.tag())};
}

void Browser::progressed(const sip::Response& response, Time now) {
  remember_dialog(response);
  if (response.body.empty()) return;
  if (!early_sdp_.empty() && early_sdp_ != response.body) fault_ = "two different early answers";
  if (early_sdp_.empty()) media_.take_answer(response.body, now);
  early_sdp_ = response.body;
}

// design.md: one SDP, byte-identical in 183 and 200.
void Browser::accepted(const sip::Response& response, Time now) {
  remember_dialog(response);
  if (early_sdp_.empty()) {
    media_.take_answer(response.body, now);
  } else if (response.body != early_sdp_) {
    fault_ = "the 200 has another SDP than the 183";
  }
  state_ = State::Talking;
}

void Browser::over(std::uint16_t status, std::string reason) {
  session_.reset();
  dialog_.reset();
  is_held_ = false;
  media_.close();
  state_ = State::Over;
  status_ = status;
  reason_ = std::move(reason);
}

void Browser::dial(const std::string& number, Time now) { invite(number, std::nullopt, now); }

void Browser::take_over(const Browser& other, Time now) { invite(user_, other.dialog_, now); }

void Browser::hold(bool on_hold, Time now) {
  OFFHOOK_ASSERT(state_ == State::Talking);
  auto offer = media_.make_reoffer(on_hold);
  OFFHOOK_ASSERT(offer.has_value());
  wants_hold_ = on_hold;
  agent_.reinvite(*session_, std::move(*offer), now);
}

void Browser::transfer(const std::string& number, Time now) {
  sip::NameAddress target;
  target.uri.user = number;
  target.uri.host = "offhook.invalid";
  refer(std::move(target), now);
}

void Browser::transfer(const Browser& other, Time now) {
  sip::NameAddress target;
  target.uri.user = other.user_;
  target.uri.host = "offhook.invalid";
  sip::add_uri_header(target.uri, "Replaces", sip::to_string(other.dialog_.value()));
  refer(std::move(target), now);
}

void Browser::refer(sip::NameAddress target, Time now) {
  OFFHOOK_ASSERT(state_ == State::Talking);
  transfer_status_ = 0;
  transfer_progress_.clear();
  agent_.refer(*session_, std::move(target), now);
}

void Browser::invite(const std::string& number, std::optional<sip::Replaces> replaces, Time now) {
  OFFHOOK_ASSERT(!session_ && connected_);
  sip::InviteRequest invite;
  invite.flow = transport_;
  invite.identity = identity();
  invite.target.user = number;
  invite.target.host = "offhook.invalid";
  invite.remote.uri = invite.target;
  invite.offer = media_.make_offer();
  invite.replaces = std::move(replaces);
  // Whoever asks a browser for a password gets none: SIP.js has none.
  early_sdp_.clear();
  status_ = 0;
  reason_.clear();
  state_ = State::Calling;
  session_ = agent_.invite(std::move(invite), now);
}

void Browser::answer(Time now) {
  OFFHOOK_ASSERT(state_ == State::Ringing);
  state_ = State::Talking;
  agent_.accept(*session_, identity(), media_.make_answer(offer_, now), now);
}

void Browser::decline(std::uint16_t status, Time now) {
  OFFHOOK_ASSERT(state_ == State::Ringing);
  agent_.reject(*session_, status, "", now);
  over(0, "");
}

void Browser::hang_up(Time now) {
  if (!session_) return;
  agent_.hang_up(*session_, "", now);
  over(0, "");
}

void Browser::send_register(Time now) {
  sip::Request request;
  request.method = sip::Method::Register;
  request.uri.host = "offhook.invalid";
  sip::Headers& headers = request.headers;
  headers.from = identity().local;
  headers.from.set_tag(random_.hex(4));
  headers.to = identity().local;
  headers.call_id = call_id_;
  headers.cseq = {++cseq_, sip::Method::Register, {}};
  headers.max_forwards = std::uint8_t{70};
  headers.contact = {identity().contact};
  headers.contact[0].parameters.set("+sip.instance", "\"<urn:uuid:" + instance_ + ">\"");
  headers.expires = std::chrono::seconds(3'600);
  (void)agent_.send_request(transport_, std::move(request), now);
}

sip::Identity Browser::identity() const {
  sip::Identity identity;
  identity.local.uri.user = user_;
  identity.local.uri.host = "offhook.invalid";
  identity.contact.uri.user = instance_;
  identity.contact.uri.host = instance_ + ".invalid";
  identity.contact.uri.parameters.set("transport", "ws");
  identity.via_host = instance_ + ".invalid";
  return identity;
}

}  // namespace offhook::sim
