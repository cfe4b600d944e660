#include "app/server_query.hpp"

#include <chrono>
#include <cstdio>
#include <memory>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "app/exit_status.hpp"
#include "base/utf8.hpp"
#include "io/event_loop.hpp"
#include "io/stream_connection.hpp"
#include "io/tls_context.hpp"

namespace offhook::app {

namespace json = boost::json;

namespace {

// With our own certificate as the one to trust: whose name it bears does not matter on the way to
// ourselves.
Result<std::shared_ptr<io::TlsContext>> tls_to_ourselves(const HttpSettings& http) {
  if (http.tls_certificate.empty()) return nullptr;
  return io::TlsContext::client({.ca_file = http.tls_certificate, .verify_name = false});
}

// GET; the body.
Result<std::string> fetch(const HttpSettings& http, const std::string& path) {
  const Endpoint& server = http.listen.front();
  const auto tls = tls_to_ourselves(http);
  if (!tls) return std::unexpected(tls.error());
  constexpr std::size_t kLongestAnswer = 8'000'000;
  io::EventLoop loop;
  std::string answer;
  std::string problem = "it takes too long";
  const auto give_up = [&](const std::string& why) {
    problem = why;
    loop.stop();
  };
  io::Timer patience(loop, [&] { loop.stop(); });
  const auto stream = io::StreamConnection::connect(loop, {server, "localhost"}, {}, *tls,
                                                    {.on_bytes =
                                                         [&](std::string_view bytes) {
                                                           answer.append(bytes);
                                                           if (answer.size() > kLongestAnswer)
                                                             give_up("its answer has no end");
                                                         },
                                                     .on_closed = give_up});
  stream->send("GET " + path + " HTTP/1.1\r\nHost: " + server.to_string() +
               "\r\nConnection: close\r\n\r\n");
  patience.set(io::now() + std::chrono::seconds(5));
  loop.run();
  const std::size_t body = answer.find("\r\n\r\n");
  if (answer.starts_with("HTTP/1.1 ") && body != std::string::npos) return answer.substr(body + 4);
  if (!answer.empty()) problem = "it says \"" + answer.substr(0, answer.find('\r')) + "\"";
  return failure("Offhook does not answer at " + server.to_string() + ": " + problem);
}

Result<json::object> parse_answer(const std::string& body) {
  boost::system::error_code error;
  const json::value answer = json::parse(body, error);
  if (error || !answer.is_object()) return failure("Offhook's answer is not JSON");
  const json::value* refusal = answer.get_object().if_contains("error");
  if (refusal == nullptr) return answer.get_object();
  return failure(refusal->is_object() ? text_of(refusal->get_object(), "message")
                                      : "Offhook refuses to tell");
}

}  // namespace

std::expected<json::object, int> ask_server(const SettingsOptions& options,
                                            const std::string& path) {
  const auto failed = [](const Error& error, int status) {
    std::fprintf(stderr, "offhook: %s\n", error.message.c_str());
    return std::unexpected(status);
  };
  const Result<Settings> settings = make_settings(options);
  if (!settings) return failed(settings.error(), kExitMisconfigured);
  const Result<std::string> body = fetch(settings->config.http, path);
  if (!body) return failed(body.error(), 1);
  Result<json::object> answer = parse_answer(*body);
  if (!answer) return failed(answer.error(), 1);
  return std::move(*answer);
}

std::string text_of(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return "?";
  return printable_utf8(value->is_string() ? std::string(value->get_string())
                                           : json::serialize(*value));
}

}  // namespace offhook::app
