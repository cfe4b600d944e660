#include "bench/signal_trunk.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

#include "base/limits.hpp"
#include "base/overloaded.hpp"
#include "bench/process.hpp"
#include "io/socket_address.hpp"
#include "io/system_error.hpp"

namespace offhook::bench {
namespace {

constexpr const char* kSoftware = "voip.ms";

io::FileDescriptor open_udp(const Endpoint& local) {
  io::FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  io::SocketAddress ours(local);
  if (!fd || ::bind(fd.get(), ours.data(), ours.size()) != 0) {
    give_up("the provider cannot listen: " + io::describe_errno(errno));
  }
  // As much as it may be: what is lost here would be taken for a slow gateway.
  const int bytes = limits::kUdpReceiveBytes;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes) != 0) {
    (void)::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  return fd;
}

// As chan_sip writes it.
std::string answer_at(const Endpoint& sound) {
  const std::string address = sound.address.to_string();
  return "v=0\r\no=root 1821 1821 IN IP4 " + address + "\r\ns=VoIPMS\r\nc=IN IP4 " + address +
         "\r\nt=0 0\r\nm=audio " + std::to_string(sound.port) +
         " RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
         "a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n";
}

sip::Identity identity_at(const Endpoint& local) {
  sip::Identity identity;
  identity.local.uri.user = SignalTrunk::kUsername;
  identity.local.uri.host = local.address.to_string();
  identity.contact.uri.host = local.address.to_string();
  identity.contact.uri.port = local.port;
  identity.via_host = local.address.to_string();
  identity.via_port = local.port;
  return identity;
}

}  // namespace

SignalTrunk::SignalTrunk(const Endpoint& local, Duration answer_after)
    : local_(local),
      answer_after_(answer_after),
      fd_(open_udp(local)),
      answer_(answer_at(sound_.local())),
      identity_(identity_at(local)),
      accounts_{{.username = kUsername, .password = kPassword, .caller_id = kUsername}},
      authenticator_("load.example.com", accounts_, random_),
      agent_({.timers = {}, .user_agent = kSoftware, .per_source = std::nullopt}, random_) {}

void SignalTrunk::exchange(Time now) {
  receive(now);
  while (!ringing_.empty() && ringing_.front().answer_at <= now) {
    agent_.accept(ringing_.front().session, identity_, answer_, now);
    ringing_.pop_front();
  }
  if (is_due(agent_.next_timeout(), now)) agent_.handle_timeout(now);
  while (const auto output = agent_.poll_output()) dispatch(*output, now);
}

std::optional<Time> SignalTrunk::next_timeout() const {
  std::optional<Time> next = agent_.next_timeout();
  if (!ringing_.empty()) next = earliest(next, ringing_.front().answer_at);
  return next;
}

void SignalTrunk::receive(Time now) {
  static std::array<char, limits::kSipMessageBytes> buffer;
  while (true) {
    io::SocketAddress from;
    const ssize_t count =
        ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, from.data(), from.size_pointer());
    if (count < 0) return;
    agent_.handle({sip::Transport::Udp, 0, local_, from.endpoint()},
                  {buffer.data(), static_cast<std::size_t>(count)}, now);
  }
}

void SignalTrunk::dispatch(const sip::UserAgentOutput& output, Time now) {
  std::visit(Overloaded{
                 [&](const sip::SendMessage& message) { send(message); },
                 [&](const sip::InviteReceived& invite) { invited(invite, now); },
                 [&](const sip::RequestArrived& arrived) { requested(arrived, now); },
                 [](const auto&) {},
             },
             output);
}

void SignalTrunk::send(const sip::SendMessage& message) {
  io::SocketAddress to(message.flow.remote);
  (void)::sendto(fd_.get(), message.bytes.data(), message.bytes.size(), 0, to.data(), to.size());
}

void SignalTrunk::invited(const sip::InviteReceived& invite, Time now) {
  using Outcome = provider::Authenticator::Outcome;
  const auto verdict = authenticator_.check(invite.request, now);
  if (verdict.outcome == Outcome::Challenge) {
    agent_.challenge(invite.session, verdict.challenge, now);
  } else if (verdict.outcome == Outcome::Wrong) {
    agent_.reject(invite.session, 403, {}, now);
  } else {
    agent_.ring(invite.session, identity_, now);
    ringing_.push_back({invite.session, now + answer_after_});
  }
}

void SignalTrunk::requested(const sip::RequestArrived& arrived, Time now) {
  using Outcome = provider::Authenticator::Outcome;
  const std::string tag = "as" + random_.hex(4);
  const auto verdict = authenticator_.check(arrived.request, now);
  const bool is_challenge = verdict.outcome == Outcome::Challenge;
  auto response = sip::make_response(arrived.request, is_challenge ? 401 : 403, tag);
  if (is_challenge) response.headers.www_authenticate = {verdict.challenge};
  if (verdict.outcome == Outcome::Right) {
    response = sip::make_response(arrived.request, 200, tag);
    (void)bindings_.handle(kUsername, arrived.flow, arrived.request.headers, response.headers, now);
  }
  agent_.respond(arrived.id, std::move(response), now);
}

}  // namespace offhook::bench
