#include <cerrno>
#include <cstdio>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <sys/socket.h>
#include <sys/time.h>

#include "app/commands.hpp"
#include "app/exit_status.hpp"
#include "io/file_descriptor.hpp"
#include "io/socket_address.hpp"
#include "io/system_error.hpp"

namespace offhook::app {

namespace {

namespace json = boost::json;

// GET of /api/status; the body.
Result<std::string> fetch_status(const Endpoint& server) {
  const auto failed = [&](const std::string& what) {
    return failure("Offhook does not answer at " + server.to_string() + ": " + what);
  };
  const io::FileDescriptor fd(
      ::socket(server.address.is_v6() ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{.tv_sec = 5, .tv_usec = 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const io::SocketAddress address(server);
  const std::string request =
      "GET /api/status HTTP/1.1\r\nHost: " + server.to_string() + "\r\nConnection: close\r\n\r\n";
  if (::connect(fd.get(), address.data(), address.size()) != 0 ||
      ::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
    return failed(io::describe_errno(errno));
  }
  constexpr std::size_t kLongestAnswer = 1'000'000;
  std::string answer;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0) {
    answer.append(buffer, static_cast<std::size_t>(count));
    if (answer.size() > kLongestAnswer) return failed("its answer has no end");
  }
  if (count < 0) return failed(io::describe_errno(errno));
  const std::size_t body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200") || body == std::string::npos) {
    return failed("it says \"" + answer.substr(0, answer.find('\r')) + "\"");
  }
  return answer.substr(body + 4);
}

std::string text_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return "?";
  return value->is_string() ? std::string(value->get_string()) : json::serialize(*value);
}

void print(const json::object& status) {
  const auto part = [&](const char* key) {
    const json::value* value = status.if_contains(key);
    return value != nullptr && value->is_object() ? value->get_object() : json::object();
  };
  const json::object signal = part("signal");
  const json::object media = part("media");
  std::printf("Offhook %s\n", text_of(status, "version").c_str());
  std::printf("calls    %s\n", text_of(signal, "calls").c_str());
  std::printf("devices  %s\n", text_of(signal, "devices").c_str());
  std::printf("legs     %s in signal, %s in media, %s bridges\n", text_of(signal, "legs").c_str(),
              text_of(media, "legs").c_str(), text_of(media, "bridges").c_str());
  std::printf("media    %s\n",
              text_of(media, "connected") == "true" ? "connected" : "not connected");
  const json::value* trunks = status.if_contains("trunks");
  if (trunks == nullptr || !trunks->is_array()) return;
  for (const json::value& value : trunks->get_array()) {
    if (!value.is_object()) continue;
    const json::object& trunk = value.get_object();
    const std::string reason = text_of(trunk, "reason");
    std::printf("trunk    %s: %s%s\n", text_of(trunk, "name").c_str(),
                text_of(trunk, "state").c_str(),
                reason.empty() ? "" : (" (" + reason + ")").c_str());
  }
}

}  // namespace

int show_status(const StatusCommand& command) {
  const Result<Settings> settings = make_settings(command.settings);
  if (!settings) {
    std::fprintf(stderr, "offhook: %s\n", settings.error().message.c_str());
    return kExitMisconfigured;
  }
  const Result<std::string> body = fetch_status(settings->config.http.listen.front());
  boost::system::error_code error;
  const json::value status = body ? json::parse(*body, error) : json::value();
  if (!body || error || !status.is_object()) {
    std::fprintf(stderr, "offhook: %s\n",
                 body ? "Offhook's answer is not JSON" : body.error().message.c_str());
    return 1;
  }
  print(status.get_object());
  return 0;
}

}  // namespace offhook::app
