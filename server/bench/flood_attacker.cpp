#include "bench/flood_attacker.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include <sys/socket.h>

#include "bench/process.hpp"
#include "io/event_loop.hpp"
#include "io/file_descriptor.hpp"
#include "io/socket_address.hpp"

namespace offhook::bench {
namespace {

// As sipsak or a scanner would write it; INVITE and MESSAGE with a body.
std::string message(const std::string& method, std::size_t number, const Endpoint& from,
                    const Endpoint& target) {
  const std::string id = std::to_string(number);
  const bool in_dialog = method == "BYE" || method == "INFO" || method == "ACK";
  const std::string body = method == "INVITE"
                               ? "v=0\r\no=- 1 1 IN IP4 " + from.address.to_string() +
                                     "\r\ns=-\r\nc=IN IP4 " + from.address.to_string() +
                                     "\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"
                               : "";
  return method + " sip:demo@" + target.to_string() + " SIP/2.0\r\nVia: SIP/2.0/UDP " +
         from.to_string() + ";branch=z9hG4bKflood" + id +
         ";rport\r\nMax-Forwards: 70\r\nFrom: <sip:" + id + "@" + from.address.to_string() +
         ">;tag=f" + id + "\r\nTo: <sip:demo@" + target.address.to_string() + ">" +
         (in_dialog ? ";tag=t" + id : "") + "\r\nCall-ID: flood" + id + "\r\nCSeq: 1 " + method +
         "\r\nContact: <sip:f@" + from.to_string() + ">\r\nUser-Agent: flood\r\n" +
         (body.empty() ? "" : "Content-Type: application/sdp\r\n") +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

AttackResult carry_out(const Attack& attack, Time end) {
  const io::FileDescriptor fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  io::SocketAddress ours({attack.from, 0});
  io::SocketAddress theirs(attack.target);
  if (!fd || ::bind(fd.get(), ours.data(), ours.size()) != 0) give_up("cannot attack");
  ::getsockname(fd.get(), ours.data(), ours.size_pointer());
  AttackResult result;
  std::array<char, 65'536> buffer{};
  const Time start = io::now();
  for (Time now = start; now < end; now = io::now()) {
    const auto due = static_cast<std::size_t>(std::chrono::duration<double>(now - start).count() *
                                              static_cast<double>(attack.per_second));
    for (; result.datagrams_sent < due; ++result.datagrams_sent) {
      const std::size_t number = result.datagrams_sent;
      const std::string text = message(attack.methods[number % attack.methods.size()], number,
                                       ours.endpoint(), attack.target);
      const ssize_t count =
          ::sendto(fd.get(), text.data(), text.size(), 0, theirs.data(), theirs.size());
      result.bytes_sent += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    ssize_t count = 0;
    while ((count = ::recv(fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT)) > 0) {
      ++result.datagrams_received;
      result.bytes_received += static_cast<std::size_t>(count);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return result;
}

}  // namespace offhook::bench
