#include "http/router.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"

namespace offhook::http {

namespace {

Response method_not_allowed(std::string_view allowed) {
  Response response = error_response(405, "method_not_allowed",
                                     "This address takes only " + std::string(allowed) + ".");
  response.headers.emplace_back("Allow", allowed);
  return response;
}

Response foreign_origin() {
  return error_response(403, "foreign_origin", "This request does not come from Offhook's page.");
}

// The value of `name` in "name=value<separator>name=value"; "" where it is absent.
std::string_view value_of(std::string_view pairs, std::string_view name, char separator) {
  while (!pairs.empty()) {
    std::string_view value = trim(take_until(pairs, separator));
    if (take_until(value, '=') == name) return value;
  }
  return {};
}

std::optional<ReportWanted> report_at(std::string_view path) {
  using Report = ReportWanted::Report;
  if (path == "/api/status") return ReportWanted{Report::Status};
  if (path == "/api/calls") return ReportWanted{Report::Calls};
  if (path == "/metrics") return ReportWanted{Report::Metrics};
  constexpr std::string_view kTrace = "/trace";
  if (!path.ends_with(kTrace)) return std::nullopt;
  path.remove_suffix(kTrace.size());
  for (const auto& [start, report] : {std::pair("/api/calls/", Report::CallTrace),
                                      std::pair("/api/trunks/", Report::TrunkTrace)}) {
    if (!path.starts_with(start)) continue;
    return ReportWanted{report, std::string(path.substr(std::string_view(start).size()))};
  }
  return std::nullopt;
}

Decision route_report(const Request& request, ReportWanted wanted) {
  if (request.method != "GET") return method_not_allowed("GET");
  if (!request.peer.is_loopback()) {
    return error_response(403, "not_local", "This is told on this machine only.");
  }
  return wanted;
}

}  // namespace

Router::Router(Config config, Random& random)
    : config_(std::move(config)),
      random_(random),
      sessions_(limits::kSessionTime, limits::kSessions),
      tickets_(limits::kTicketTime, limits::kTickets) {}

Decision Router::route(const Request& request, Time now) {
  if (!is_host_allowed(request)) {
    return error_response(403, "foreign_host", "Offhook is not served under this name.");
  }
  std::string_view query = request.target;
  const std::string_view path = take_until(query, '?');
  if (path == "/sip") return upgrade(request, query, now);
  if (auto wanted = report_at(path)) return route_report(request, std::move(*wanted));
  if (path.starts_with("/api/")) return route_api(request, path, now);
  return page(request, path);
}

Decision Router::route_api(const Request& request, std::string_view path, Time now) {
  if (path != "/api/session" && path != "/api/tickets") {
    return error_response(404, "not_found", "There is no such address.");
  }
  if (request.method != "POST") return method_not_allowed("POST");
  if (!is_origin_allowed(request)) return foreign_origin();
  return path == "/api/session" ? open_session(request, now) : issue_ticket(request, now);
}

Response Router::open_session(const Request& request, Time now) {
  if (!request.peer.is_loopback()) {
    return error_response(403, "not_local",
                          "Only a page on this machine gets a session by itself.");
  }
  std::string token(session_token(request));
  const std::optional<std::string> known = sessions_.find(token, now);
  if (!known) token = sessions_.issue(config_.user, random_, now);
  Response response = json_response(config_.session_json(known.value_or(config_.user)));
  // The page's own origin says whether it came by https, also where a proxy speaks it for us.
  const bool is_secure = request.origin && request.origin->starts_with("https://");
  response.headers.emplace_back("Set-Cookie", config_.cookie_name + "=" + token +
                                                  "; Path=/; HttpOnly; SameSite=Strict" +
                                                  (is_secure ? "; Secure" : ""));
  return response;
}

Response Router::issue_ticket(const Request& request, Time now) {
  const std::optional<std::string> user = sessions_.find(session_token(request), now);
  if (!user)
    return error_response(401, "no_session", "Your session has ended. Load the page again.");
  return json_response("{\"ticket\":\"" + tickets_.issue(*user, random_, now) +
                       "\",\"expires_in\":" + std::to_string(limits::kTicketTime.count()) + "}");
}

Decision Router::upgrade(const Request& request, std::string_view query, Time now) {
  if (!request.wants_websocket) {
    Response response =
        error_response(426, "websocket_only", "This address takes WebSockets only.");
    response.headers.emplace_back("Upgrade", "websocket");
    return response;
  }
  if (!is_origin_allowed(request)) return foreign_origin();
  const auto protocols = list_elements(request.websocket_protocols);
  if (std::ranges::find(protocols, "sip") == protocols.end()) {  // RFC 7118 4.1
    return error_response(400, "no_sip", "The WebSocket must offer the sub-protocol sip.");
  }
  std::optional<std::string> user = tickets_.take(value_of(query, "ticket", '&'), now);
  if (!user) return error_response(401, "bad_ticket", "The ticket is used, expired or unknown.");
  return SipUpgrade{std::move(*user)};
}

Response Router::page(const Request& request, std::string_view path) const {
  if (request.method != "GET" && request.method != "HEAD") return method_not_allowed("GET, HEAD");
  if (config_.files.empty()) {
    return error_response(503, "no_page",
                          "There is no page where the server looked for it. Start with script/run, "
                          "or name its folder: --web-root, or [http] web_root.");
  }
  return config_.files.respond(path, request.accept_encoding, request.if_none_match);
}

bool Router::is_origin_allowed(const Request& request) const {
  return request.origin &&
         std::ranges::find(config_.origins, *request.origin) != config_.origins.end();
}

bool Router::is_host_allowed(const Request& request) const {
  return std::ranges::any_of(config_.origins, [&](std::string_view origin) {
    constexpr std::string_view kAfterScheme = "://";
    const std::size_t scheme = origin.find(kAfterScheme);
    return scheme != std::string_view::npos &&
           equals_ignoring_case(origin.substr(scheme + kAfterScheme.size()), request.host);
  });
}

std::string_view Router::session_token(const Request& request) const {
  return value_of(request.cookie, config_.cookie_name, ';');
}

}  // namespace offhook::http
