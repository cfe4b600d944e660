#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/endpoint.hpp"

namespace offhook::http {

// What the router looks at of a request; empty where the header is absent, nullopt where absence
// has a meaning.
struct Request {
  std::string method{};
  std::string target{};  // as sent: path and query
  std::string host{};
  std::optional<std::string> origin{};
  std::string cookie{};
  std::string accept_encoding{};
  std::string if_none_match{};
  bool wants_websocket = false;
  std::string websocket_protocols{};  // Sec-WebSocket-Protocol
  IpAddress peer{};
};

struct Response {
  unsigned status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::shared_ptr<const std::string> body{};  // null: empty
};

// {"error":{"code":...,"message":...}}; the message is a sentence for a person.
[[nodiscard]] Response error_response(unsigned status, std::string_view code,
                                      std::string_view message);
[[nodiscard]] Response json_response(std::string json);

// Elements of a comma-separated header, trimmed; empty ones left out.
[[nodiscard]] std::vector<std::string_view> list_elements(std::string_view header);

}  // namespace offhook::http
