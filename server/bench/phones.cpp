#include "bench/phones.hpp"

#include <chrono>
#include <thread>
#include <utility>

#include "base/overloaded.hpp"
#include "bench/process.hpp"
#include "io/event_loop.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

constexpr Duration kRegisterAgain = 30min;  // what was registered is good for an hour
constexpr Duration kPatience = 10s;
constexpr Duration kPause = 5ms;
constexpr const char* kDomain = "offhook.invalid";

// A browser does not know its addresses; ours must have some.
const Endpoint kTransport = *Endpoint::parse("192.0.2.1:80");

std::string instance_of(std::size_t device) { return "load-" + std::to_string(device); }

}  // namespace

Phones::Phones(WebSocket::Session& session, std::string user, std::size_t devices)
    : user_(std::move(user)),
      agent_({.timers = {},
              .user_agent = "SIP.js/0.21.2",
              .supported = {"outbound"},
              .per_source = std::nullopt},
             random_),
      call_id_(random_.hex(8)) {
  for (std::size_t i = 0; i < devices; ++i) web_sockets_.push_back(session.open());
  const Time patience = io::now() + kPatience;
  while (registered_ < devices) {
    exchange(io::now());
    if (io::now() > patience) give_up("the phones do not get registered");
    std::this_thread::sleep_for(kPause);
  }
}

sip::SessionId Phones::dial(const std::string& number, std::string offer, Time now) {
  const std::size_t device = next_device_++ % web_sockets_.size();
  sip::InviteRequest invite;
  invite.flow = flow_of(device);
  invite.identity = identity_of(device);
  invite.target.user = number;
  invite.target.host = kDomain;
  invite.remote.uri = invite.target;
  invite.offer = std::move(offer);
  return agent_.invite(std::move(invite), now);
}

void Phones::hang_up(sip::SessionId call, Time now) {
  answers_.erase(call);
  agent_.hang_up(call, "", now);
}

void Phones::exchange(Time now) {
  if (now >= register_at_) send_registers(now);
  if (is_due(agent_.next_timeout(), now)) agent_.handle_timeout(now);
  for (std::size_t device = 0; device < web_sockets_.size(); ++device) {
    WebSocket& web_socket = web_sockets_[device];
    while (const auto message = web_socket.poll()) agent_.handle(flow_of(device), *message, now);
    if (web_socket.is_closed()) give_up("the gateway closed a WebSocket");
  }
  while (auto output = agent_.poll_output()) dispatch(*output);
}

std::optional<Phones::Event> Phones::poll_event() {
  if (events_.empty()) return std::nullopt;
  Event event = std::move(events_.front());
  events_.pop_front();
  return event;
}

std::optional<Time> Phones::next_timeout() const { return agent_.next_timeout(); }

void Phones::dispatch(sip::UserAgentOutput& output) {
  const auto over = [this](sip::SessionId call, std::uint16_t status, std::string reason) {
    answers_.erase(call);
    events_.emplace_back(Over{call, status, std::move(reason)});
  };
  std::visit(Overloaded{
                 [&](const sip::SendMessage& send) {
                   web_sockets_[send.flow.connection - 1].send(send.bytes);
                 },
                 [&](sip::Progressed& e) { take_answer(e.session, std::move(e.response.body)); },
                 [&](sip::Accepted& e) {
                   take_answer(e.session, std::move(e.response.body));
                   events_.emplace_back(Connected{e.session});
                 },
                 [&](sip::Refused& e) {
                   over(e.session, e.response.status, std::move(e.response.headers.reason));
                 },
                 [&](sip::Ended& e) { over(e.session, 0, std::move(e.reason)); },
                 [&](const sip::ResponseArrived& e) {
                   if (!e.response.is_success()) {
                     give_up("a phone could not register: " + std::to_string(e.response.status));
                   }
                   ++registered_;
                 },
                 [](const auto&) {},
             },
             output);
}

// One SDP, in the 183 and in the 200.
void Phones::take_answer(sip::SessionId call, std::string sdp) {
  if (sdp.empty()) return;
  const auto [known, is_new] = answers_.try_emplace(call, sdp);
  if (is_new) {
    events_.emplace_back(AnswerReceived{call, std::move(sdp)});
  } else if (known->second != sdp) {
    give_up("the 200 has another SDP than the 183");
  }
}

void Phones::send_registers(Time now) {
  register_at_ = now + kRegisterAgain;
  ++cseq_;
  for (std::size_t device = 0; device < web_sockets_.size(); ++device) {
    const sip::Identity identity = identity_of(device);
    sip::Request request;
    request.method = sip::Method::Register;
    request.uri.host = kDomain;
    sip::Headers& headers = request.headers;
    headers.from = identity.local;
    headers.from.set_tag(random_.hex(4));
    headers.to = identity.local;
    headers.call_id = call_id_ + instance_of(device);
    headers.cseq = {cseq_, sip::Method::Register, {}};
    headers.max_forwards = std::uint8_t{70};
    headers.contact = {identity.contact};
    headers.contact[0].parameters.set("+sip.instance",
                                      "\"<urn:uuid:" + instance_of(device) + ">\"");
    headers.expires = std::chrono::seconds(3'600);
    (void)agent_.send_request(flow_of(device), std::move(request), now);
  }
}

sip::Flow Phones::flow_of(std::size_t device) const {
  return {sip::Transport::Ws, device + 1, kTransport, kTransport};
}

sip::Identity Phones::identity_of(std::size_t device) const {
  const std::string instance = instance_of(device);
  sip::Identity identity;
  identity.local.uri.user = user_;
  identity.local.uri.host = kDomain;
  identity.contact.uri.user = instance;
  identity.contact.uri.host = instance + ".invalid";
  identity.contact.uri.parameters.set("transport", "ws");
  identity.via_host = instance + ".invalid";
  return identity;
}

}  // namespace offhook::bench
