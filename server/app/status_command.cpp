#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "app/commands.hpp"
#include "app/exit_status.hpp"
#include "io/event_loop.hpp"
#include "io/stream_connection.hpp"

namespace offhook::app {

namespace {

namespace json = boost::json;

// With our own certificate as the one to trust: whose name it bears does not matter on the way to ourselves.
Result<std::shared_ptr<io::TlsContext>> tls_to_ourselves(const HttpSettings& http) {
  if (http.tls_certificate.empty()) return nullptr;
  return io::TlsContext::client({.ca_file = http.tls_certificate, .verify_name = false});
}

// GET of /api/status; the body.
Result<std::string> fetch_status(const HttpSettings& http) {
  const Endpoint& server = http.listen.front();
  const auto tls = tls_to_ourselves(http);
  if (!tls) return std::unexpected(tls.error());
  constexpr std::size_t kLongestAnswer = 1'000'000;
  io::EventLoop loop;
  std::string answer;
  std::string problem = "it takes too long";
  io::Timer patience(loop, [&] { loop.stop(); });
  const auto stream = io::StreamConnection::connect(loop, {server, "localhost"}, {}, *tls,
                                                    {.on_bytes =
                                                         [&](std::string_view bytes) {
                                                           answer.append(bytes);
                                                           if (answer.size() <= kLongestAnswer)
                                                             return;
                                                           problem = "its answer has no end";
                                                           loop.stop();
                                                         },
                                                     .on_closed =
                                                         [&](const std::string& reason) {
                                                           problem = reason;
                                                           loop.stop();
                                                         }});
  stream->send("GET /api/status HTTP/1.1\r\nHost: " + server.to_string() +
               "\r\nConnection: close\r\n\r\n");
  patience.set(io::now() + std::chrono::seconds(5));
  loop.run();
  const std::size_t body = answer.find("\r\n\r\n");
  if (answer.starts_with("HTTP/1.1 200") && body != std::string::npos) {
    return answer.substr(body + 4);
  }
  if (!answer.empty()) problem = "it says \"" + answer.substr(0, answer.find('\r')) + "\"";
  return failure("Offhook does not answer at " + server.to_string() + ": " + problem);
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
  const Result<std::string> body = fetch_status(settings->config.http);
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
