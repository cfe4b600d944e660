#include "bench/web_socket.hpp"

#include <cerrno>
#include <cstdint>
#include <utility>

#include <sys/socket.h>

#include "bench/process.hpp"
#include "io/socket_address.hpp"
#include "io/system_error.hpp"

namespace offhook::bench {
namespace {

constexpr std::string_view kHost = "localhost:8080";
constexpr int kText = 1;
constexpr int kClose = 8;
constexpr int kPing = 9;
constexpr int kPong = 10;

io::FileDescriptor connect(const Endpoint& gateway, const IpAddress& from) {
  io::FileDescriptor fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  io::SocketAddress ours({from, 0});
  io::SocketAddress theirs(gateway);
  if (!fd || ::bind(fd.get(), ours.data(), ours.size()) != 0 ||
      ::connect(fd.get(), theirs.data(), theirs.size()) != 0) {
    give_up("cannot connect from " + from.to_string() + ": " + io::describe_errno(errno));
  }
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) give_up("a connection to the gateway broke");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Headers, and the body that Content-Length tells.
std::string read_answer(int fd) {
  constexpr std::string_view kLength = "Content-Length: ";
  std::string answer;
  std::size_t wanted = std::string::npos;
  while (answer.size() < wanted) {
    char byte = 0;  // so that nothing of what follows an upgrade is taken
    if (::recv(fd, &byte, 1, 0) <= 0) give_up("the gateway closed a connection");
    answer += byte;
    if (wanted != std::string::npos || !answer.ends_with("\r\n\r\n")) continue;
    const std::size_t at = answer.find(kLength);
    wanted = answer.size();
    if (at != std::string::npos) wanted += std::stoul(answer.substr(at + kLength.size()));
  }
  return answer;
}

std::string between(const std::string& text, std::string_view before, char after) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) give_up("the gateway answers\n" + text);
  const std::size_t start = at + before.size();
  return text.substr(start, text.find(after, start) - start);
}

std::string request_line(std::string_view method, std::string_view target) {
  return std::string(method) + " " + std::string(target) +
         " HTTP/1.1\r\nHost: " + std::string(kHost) + "\r\nOrigin: http://" + std::string(kHost) +
         "\r\n";
}

}  // namespace

std::string fetch(const Endpoint& gateway, const IpAddress& from, std::string_view path) {
  const io::FileDescriptor fd = connect(gateway, from);
  send_all(fd.get(), request_line("GET", path) + "\r\n");
  return read_answer(fd.get());
}

WebSocket::Session::Session(const Endpoint& gateway, const IpAddress& from)
    : gateway_(gateway), from_(from), fd_(connect(gateway, from)) {
  cookie_ = between(post("/api/session", ""), "Set-Cookie: ", ';');
}

std::string WebSocket::Session::post(std::string_view path, std::string_view more) {
  send_all(fd_.get(), request_line("POST", path) + std::string(more) + "Content-Length: 0\r\n\r\n");
  return read_answer(fd_.get());
}

WebSocket WebSocket::Session::open() {
  const std::string ticket =
      between(post("/api/tickets", "Cookie: " + cookie_ + "\r\n"), "\"ticket\":\"", '"');
  WebSocket web_socket(connect(gateway_, from_));
  send_all(web_socket.fd(), request_line("GET", "/sip?ticket=" + ticket) +
                                "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                                "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  const std::string answer = read_answer(web_socket.fd());
  if (!answer.starts_with("HTTP/1.1 101 ")) give_up("the gateway answers\n" + answer);
  return web_socket;
}

void WebSocket::send(std::string_view message) { send_frame(kText, message); }

// RFC 6455 5.2, with a mask of zeros.
void WebSocket::send_frame(int opcode, std::string_view payload) {
  constexpr std::size_t kShort = 126;
  std::string frame(1, static_cast<char>(0x80 | opcode));
  if (payload.size() < kShort) {
    frame += static_cast<char>(0x80U | payload.size());
  } else {
    frame += static_cast<char>(0x80U | kShort);
    frame += static_cast<char>(payload.size() >> 8U);
    frame += static_cast<char>(payload.size() & 0xFFU);
  }
  frame.append(4, '\0');
  send_all(fd_.get(), frame.append(payload));
}

void WebSocket::receive() {
  char buffer[65'536];
  while (true) {
    const ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (count > 0) {
      received_.append(buffer, static_cast<std::size_t>(count));
      continue;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR)) is_closed_ = true;
    return;
  }
}

std::optional<std::string> WebSocket::poll() {
  if (!is_closed_) receive();
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(received_[at]); };
  while (received_.size() >= 2) {
    constexpr std::size_t kShort = 126;
    std::size_t head = 2;
    std::size_t length = byte(1) & 0x7FU;
    if (length == kShort) {
      head = 4;
      if (received_.size() < head) return std::nullopt;
      length = static_cast<std::size_t>(byte(2)) << 8U | byte(3);
    }
    if (received_.size() < head + length) return std::nullopt;
    const int opcode = byte(0) & 0x0F;
    std::string payload = received_.substr(head, length);
    received_.erase(0, head + length);
    if (opcode == kPing) send_frame(kPong, payload);
    if (opcode == kClose) is_closed_ = true;
    if (opcode == kText) return payload;
  }
  return std::nullopt;
}

}  // namespace offhook::bench
