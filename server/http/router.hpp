#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "http/message.hpp"
#include "http/static_files.hpp"
#include "http/token_store.hpp"

namespace offhook::http {

// The answer has to be fetched first.
struct StatusWanted {};
// A WebSocket for SIP whose ticket was taken.
struct SipUpgrade {
  std::string user;
};
using Decision = std::variant<Response, StatusWanted, SipUpgrade>;

// Says what becomes of each request: the page's files, the API, the WebSocket. Without a socket or
// a clock.
class Router {
 public:
  struct Config {
    // "http://localhost:8080": exactly as browsers send them in Origin. Their host part is what
    // Host may say, so that a foreign name which resolves to us (DNS rebinding) gets nothing.
    std::vector<std::string> origins;
    // Cookies know no ports: two instances on one machine need two names.
    std::string cookie_name = "offhook_session";
    // Whose session it is that a page on this machine gets by itself.
    std::string user;
    StaticFiles files;
    // The answer to POST /api/session.
    std::function<std::string(const std::string& user)> session_json;
  };

  Router(Config config, Random& random);

  [[nodiscard]] Decision route(const Request& request, Time now);

 private:
  Decision route_api(const Request& request, std::string_view path, Time now);
  Response open_session(const Request& request, Time now);
  Response issue_ticket(const Request& request, Time now);
  Decision upgrade(const Request& request, std::string_view query, Time now);
  Response page(const Request& request, std::string_view path) const;
  [[nodiscard]] bool is_origin_allowed(const Request& request) const;
  [[nodiscard]] bool is_host_allowed(const Request& request) const;
  [[nodiscard]] std::string_view session_token(const Request& request) const;

  Config config_;
  Random& random_;
  TokenStore sessions_;
  TokenStore tickets_;
};

}  // namespace offhook::http
