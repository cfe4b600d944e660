#include "bench/flood_phone.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <poll.h>
#include <sys/socket.h>

#include "bench/process.hpp"
#include "io/event_loop.hpp"
#include "io/socket_address.hpp"

namespace offhook::bench {
namespace {

using namespace std::chrono_literals;

// ICE tells the peer the port that it has: it must be this one.
io::FileDescriptor open_udp(const IpAddress& address) {
  io::FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  io::SocketAddress ours({address, sim::WebRtcMedia::kFirstPort});
  if (!fd || ::bind(fd.get(), ours.data(), ours.size()) != 0) give_up("cannot open a UDP socket");
  return fd;
}

}  // namespace

FloodPhone::FloodPhone(const Endpoint& gateway, const IpAddress& from)
    : session_(gateway, from),
      web_socket_(session_.open()),
      registering_(session_.open()),
      media_socket_(open_udp(from)),
      media_address_{from, sim::WebRtcMedia::kFirstPort},
      media_(from, random_),
      browser_("talking", "demo", random_, media_) {}

void FloodPhone::call() {
  browser_.connected(io::now());
  run_until(io::now() + 1s);
  if (!browser_.registered()) give_up("the phone could not register");
  browser_.dial("4443", io::now());
  const Time patience = io::now() + 10s;
  while (media_.frames_echoed() < 50 && io::now() < patience) run_until(io::now() + 100ms);
  if (media_.frames_echoed() < 50) {
    give_up("the call does not echo: " + std::to_string(browser_.status()) + " " +
            browser_.reason() + media_.failure());
  }
}

void FloodPhone::run_until(Time end) {
  while (io::now() < end) {
    auto next = earliest(browser_.next_timeout(), media_.next_timeout());
    next = earliest(earliest(next, next_register_), end);
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - io::now());
    std::array<pollfd, 3> ready{pollfd{web_socket_.fd(), POLLIN, 0},
                                pollfd{registering_.fd(), POLLIN, 0},
                                pollfd{media_socket_.get(), POLLIN, 0}};
    ::poll(ready.data(), ready.size(), static_cast<int>(std::max<std::int64_t>(wait.count(), 0)));
    const Time now = io::now();
    if (is_due(browser_.next_timeout(), now)) browser_.handle_timeout(now);
    if (is_due(media_.next_timeout(), now)) media_.handle_timeout(now);
    exchange_messages(now);
    exchange_media(now);
    if (web_socket_.is_closed() || registering_.is_closed()) give_up("a WebSocket was closed");
  }
}

void FloodPhone::exchange_messages(Time now) {
  while (const auto message = web_socket_.poll()) browser_.handle(*message, now);
  while (const auto message = browser_.poll_message(now)) web_socket_.send(*message);
  while (const auto message = registering_.poll()) handle_answer(*message, now);
  if (now >= next_register_ && browser_.registered()) send_register(now);
}

void FloodPhone::exchange_media(Time now) {
  while (auto packet = media_.poll_packet()) {
    io::SocketAddress to(packet->to);
    ::sendto(media_socket_.get(), packet->bytes.data(), packet->bytes.size(), 0, to.data(),
             to.size());
  }
  Bytes buffer(2'048);
  while (true) {
    io::SocketAddress from;
    const ssize_t count = ::recvfrom(media_socket_.get(), buffer.data(), buffer.size(),
                                     MSG_DONTWAIT, from.data(), from.size_pointer());
    if (count < 0) return;
    const auto end = buffer.begin() + count;
    media_.handle_packet({from.endpoint(), media_address_, Bytes(buffer.begin(), end)}, now);
  }
}

void FloodPhone::send_register(Time now) {
  next_register_ = now + 1s;
  if (register_sent_at_) {  // still unanswered: this second's is as late as that
    measured_.slowest_register = std::max(measured_.slowest_register, now - *register_sent_at_);
    return;
  }
  const std::string number = std::to_string(++measured_.registers_sent);
  registering_.send(
      "REGISTER sip:offhook.invalid SIP/2.0\r\nVia: SIP/2.0/WS r.invalid;branch=z9hG4bKreg" +
      number + "\r\nMax-Forwards: 70\r\nFrom: <sip:demo@offhook.invalid>;tag=r" + number +
      "\r\nTo: <sip:demo@offhook.invalid>\r\nCall-ID: registering\r\nCSeq: " + number +
      " REGISTER\r\nContact: <sip:r@r.invalid;transport=ws>;expires=600;"
      "+sip.instance=\"<urn:uuid:registering>\"\r\nContent-Length: 0\r\n\r\n");
  register_sent_at_ = now;
}

// An incoming call may ring here too: only answers to REGISTER count.
void FloodPhone::handle_answer(const std::string& message, Time now) {
  if (!register_sent_at_ || !message.starts_with("SIP/2.0 ")) return;
  if (!message.starts_with("SIP/2.0 200 ")) give_up("REGISTER was answered\n" + message);
  ++measured_.registers_answered;
  measured_.slowest_register = std::max(measured_.slowest_register, now - *register_sent_at_);
  register_sent_at_.reset();
}

void FloodPhone::stop_talking() {
  media_.stop_talking();
  run_until(io::now() + 1s);
}

void FloodPhone::hang_up() {
  browser_.hang_up(io::now());
  run_until(io::now() + 500ms);
}

FloodPhone::Measured FloodPhone::measured() const {
  Measured all = measured_;
  all.frames_spoken = media_.frames_spoken();
  all.frames_echoed = media_.frames_echoed();
  return all;
}

}  // namespace offhook::bench
