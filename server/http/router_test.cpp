#include "http/router.hpp"

#include <chrono>
#include <tuple>

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::http {
namespace {

using namespace std::chrono_literals;

constexpr const char* kOrigin = "http://localhost:8080";

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

class RouterTest : public testing::Test {
 protected:
  static Request request(std::string method, std::string target) {
    return {.method = std::move(method),
            .target = std::move(target),
            .host = "localhost:8080",
            .origin = kOrigin,
            .peer = IpAddress::parse("127.0.0.1").value()};
  }
  static Request websocket(const std::string& ticket) {
    Request upgrade = request("GET", "/sip?ticket=" + ticket);
    upgrade.wants_websocket = true;
    upgrade.websocket_protocols = "sip";
    return upgrade;
  }
  Decision decide(const Request& what) { return router_.route(what, now_); }
  Response respond(const Request& what) { return std::get<Response>(decide(what)); }
  unsigned status(const Request& what) {
    const Decision decision = decide(what);
    const auto* response = std::get_if<Response>(&decision);
    return response != nullptr ? response->status : 0;
  }
  std::string cookie() {
    const Response response = respond(request("POST", "/api/session"));
    const std::string set_cookie = header(response, "Set-Cookie");
    return set_cookie.substr(0, set_cookie.find(';'));
  }
  std::string ticket() {
    Request ask = request("POST", "/api/tickets");
    ask.cookie = cookie();
    const std::string body = *respond(ask).body;
    constexpr std::string_view kStart = "{\"ticket\":\"";
    EXPECT_TRUE(body.starts_with(kStart)) << body;
    EXPECT_TRUE(body.ends_with("\",\"expires_in\":30}")) << body;
    return body.substr(kStart.size(), 64);
  }

  SeededRandom random_{1};
  Time now_{1h};
  Router router_{{.origins = {kOrigin, "http://[::1]:8080"},
                  .cookie_name = "offhook_session_8080",
                  .user = "demo",
                  .files = {},
                  .session_json = [](const std::string& user) { return "{" + user + "}"; }},
                 random_};
};

TEST_F(RouterTest, GivesAPageOnThisMachineASession) {
  const Response response = respond(request("POST", "/api/session"));
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(*response.body, "{demo}");
  const std::string set_cookie = header(response, "Set-Cookie");
  EXPECT_TRUE(set_cookie.starts_with("offhook_session_8080=")) << set_cookie;
  EXPECT_TRUE(set_cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict")) << set_cookie;
  EXPECT_EQ(header(response, "Cache-Control"), "no-store");
}

TEST_F(RouterTest, KeepsTheSessionThatTheBrowserHas) {
  const std::string first = cookie();
  Request again = request("POST", "/api/session");
  again.cookie = "other=1; " + first;
  EXPECT_TRUE(header(respond(again), "Set-Cookie").starts_with(first + ";"));
  now_ += 12h;
  EXPECT_FALSE(header(respond(again), "Set-Cookie").starts_with(first + ";"));
}

TEST_F(RouterTest, GivesNoSessionToAnotherMachine) {
  Request remote = request("POST", "/api/session");
  remote.peer = IpAddress::parse("192.0.2.1").value();
  EXPECT_EQ(status(remote), 403U);
}

TEST_F(RouterTest, IssuesTicketsToSessionsOnly) {
  Request ask = request("POST", "/api/tickets");
  EXPECT_EQ(status(ask), 401U);
  ask.cookie = "offhook_session_8080=" + std::string(64, '0');
  EXPECT_EQ(status(ask), 401U);
  const std::string session = cookie();
  ask.cookie = session;
  EXPECT_EQ(status(ask), 200U);
  ask.cookie = "offhook_session=" + session.substr(session.find('=') + 1);
  EXPECT_EQ(status(ask), 401U) << "the cookie of another instance";
}

TEST_F(RouterTest, RefusesPostsFromOtherOrigins) {
  for (const char* path : {"/api/session", "/api/tickets"}) {
    for (const char* origin :
         {"http://evil.example", "null", "", "http://localhost:8081", "http://localhost",
          "https://localhost:8080", "http://LOCALHOST:8080", "http://a.localhost:8080",
          "http://localhost:8080.evil.example", "http://localhost:8080/"}) {
      Request foreign = request("POST", path);
      foreign.origin = origin;
      EXPECT_EQ(status(foreign), 403U) << path << " from " << origin;
    }
    Request without = request("POST", path);
    without.origin.reset();
    EXPECT_EQ(status(without), 403U) << path;
  }
}

TEST_F(RouterTest, RefusesOtherHostNames) {
  for (const char* host :
       {"evil.example:8080", "localhost", "localhost:80800", "", "localhost:8081"}) {
    for (const char* path : {"/", "/api/status", "/sip"}) {
      Request foreign = request("GET", path);
      foreign.host = host;
      EXPECT_EQ(status(foreign), 403U) << host << path;
    }
  }
  Request upper = request("GET", "/api/status");
  upper.host = "LocalHost:8080";
  EXPECT_TRUE(std::holds_alternative<ReportWanted>(decide(upper)));
}

TEST_F(RouterTest, UpgradesWithATicketOnce) {
  const std::string good = ticket();
  const Decision first = decide(websocket(good));
  ASSERT_TRUE(std::holds_alternative<SipUpgrade>(first));
  EXPECT_EQ(std::get<SipUpgrade>(first).user, "demo");
  EXPECT_EQ(status(websocket(good)), 401U);
}

TEST_F(RouterTest, RefusesUnknownAndExpiredTickets) {
  EXPECT_EQ(status(websocket("")), 401U);
  EXPECT_EQ(status(websocket(std::string(64, 'a'))), 401U);
  const std::string good = ticket();
  now_ += 30s;
  EXPECT_EQ(status(websocket(good)), 401U);
}

TEST_F(RouterTest, AnswersUnknownUsedAndExpiredTicketsAlike) {
  const std::string used = ticket();
  (void)decide(websocket(used));
  const std::string expired = ticket();
  now_ += 30s;
  const Response unknown = respond(websocket(std::string(64, 'a')));
  for (const std::string& each : {used, expired, std::string(), std::string("short")}) {
    const Response response = respond(websocket(each));
    EXPECT_EQ(response.status, unknown.status) << each;
    EXPECT_EQ(*response.body, *unknown.body) << each;
    EXPECT_EQ(response.headers, unknown.headers) << each;
  }
}

TEST_F(RouterTest, AnswersUnknownAndExpiredSessionsAlike) {
  Request expired = request("POST", "/api/tickets");
  expired.cookie = cookie();
  now_ += limits::kSessionTime;
  Request unknown = request("POST", "/api/tickets");
  unknown.cookie = "offhook_session_8080=" + std::string(64, '0');
  const Response first = respond(expired);
  const Response second = respond(unknown);
  EXPECT_EQ(first.status, 401U);
  EXPECT_EQ(second.status, first.status);
  EXPECT_EQ(*second.body, *first.body);
  EXPECT_EQ(second.headers, first.headers);
}

TEST_F(RouterTest, RefusesWebSocketsFromOtherOriginsWithoutSpendingTheTicket) {
  Request upgrade = websocket(ticket());
  for (const char* origin : {"http://evil.example", "null", "", "http://localhost:8081"}) {
    upgrade.origin = origin;
    EXPECT_EQ(status(upgrade), 403U) << origin;
  }
  upgrade.origin.reset();
  EXPECT_EQ(status(upgrade), 403U);
  upgrade.origin = "http://[::1]:8080";
  EXPECT_TRUE(std::holds_alternative<SipUpgrade>(decide(upgrade)));
}

TEST_F(RouterTest, WantsTheSipSubProtocol) {
  Request upgrade = websocket(ticket());
  upgrade.websocket_protocols = "";
  EXPECT_EQ(status(upgrade), 400U);
  upgrade.websocket_protocols = "sips, xmpp";
  EXPECT_EQ(status(upgrade), 400U);
  upgrade.websocket_protocols = "xmpp, sip";
  EXPECT_TRUE(std::holds_alternative<SipUpgrade>(decide(upgrade)));
}

TEST_F(RouterTest, TellsAPlainRequestToSipThatItTakesWebSockets) {
  const Response response = respond(request("GET", "/sip"));
  EXPECT_EQ(response.status, 426U);
  EXPECT_EQ(header(response, "Upgrade"), "websocket");
}

TEST_F(RouterTest, KnowsEachReport) {
  using Report = ReportWanted::Report;
  const std::tuple<const char*, Report, const char*> known[] = {
      {"/api/status", Report::Status, ""},
      {"/api/status?now", Report::Status, ""},
      {"/metrics", Report::Metrics, ""},
      {"/api/calls", Report::Calls, ""},
      {"/api/calls/12/trace", Report::CallTrace, "12"},
      {"/api/calls/../trace", Report::CallTrace, ".."},
      {"/api/trunks/voipms/trace", Report::TrunkTrace, "voipms"}};
  for (const auto& [path, report, of] : known) {
    const Decision decision = decide(request("GET", path));
    ASSERT_TRUE(std::holds_alternative<ReportWanted>(decision)) << path;
    EXPECT_EQ(std::get<ReportWanted>(decision).report, report) << path;
    EXPECT_EQ(std::get<ReportWanted>(decision).of, of) << path;
  }
  for (const char* path : {"/api/calls/12", "/api/calls/trace", "/api/trunks", "/api/statuses"}) {
    EXPECT_EQ(status(request("GET", path)), 404U) << path;
  }
}

TEST_F(RouterTest, TellsReportsOnThisMachineOnly) {
  for (const char* path : {"/api/status", "/metrics", "/api/calls", "/api/calls/1/trace",
                           "/api/trunks/voipms/trace"}) {
    Request ask = request("GET", path);
    ask.origin.reset();
    EXPECT_TRUE(std::holds_alternative<ReportWanted>(decide(ask))) << path;
    ask.peer = IpAddress::parse("192.0.2.1").value();
    EXPECT_EQ(status(ask), 403U) << path;
    EXPECT_EQ(status(request("POST", path)), 405U) << path;
    Request foreign = request("GET", path);
    foreign.host = "evil.example:8080";
    EXPECT_EQ(status(foreign), 403U) << path;
  }
}

TEST_F(RouterTest, RefusesOtherMethodsAndAddresses) {
  EXPECT_EQ(status(request("GET", "/api/session")), 405U);
  EXPECT_EQ(status(request("DELETE", "/api/tickets")), 405U);
  EXPECT_EQ(status(request("POST", "/api/status")), 405U);
  EXPECT_EQ(status(request("POST", "/")), 405U);
  EXPECT_EQ(status(request("POST", "/api/unknown")), 404U);
  EXPECT_EQ(header(respond(request("GET", "/api/session")), "Allow"), "POST");
}

TEST_F(RouterTest, SaysThatThePageIsNotBuilt) {
  const Response response = respond(request("GET", "/"));
  EXPECT_EQ(response.status, 503U);
  EXPECT_EQ(*response.body,
            "{\"error\":{\"code\":\"no_page\",\"message\":\"There is no page where the server "
            "looked for it. "
            "Start with script/run, or name its folder: --web-root, or [http] web_root.\"}}");
}

}  // namespace
}  // namespace offhook::http
