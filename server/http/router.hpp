#pragma once

#include <cstdint>
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

// A report on the running program, for this machine only; it has to be fetched first.
struct ReportWanted {
  enum class Report : std::uint8_t { Status, Metrics, Calls, CallTrace, TrunkTrace };
  Report report = Report::Status;
  std::string
      of{};  // CallTrace: the call's id; TrunkTrace: the trunk's name. As the client sent it
};
// A WebSocket for SIP whose ticket was taken.
struct SipUpgrade {
  std::string user;
};
using Decision = std::variant<Response, ReportWanted, SipUpgrade>;

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
