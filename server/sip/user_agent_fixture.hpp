#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sip/user_agent_pair.hpp"

namespace offhook::sip {

// A pair of agents, and what its tests do and expect again and again.
class UserAgentTest : public testing::Test {
 public:
  using Side = UserAgentPair::Side;
  using Sent = UserAgentPair::Sent;
  using milliseconds = std::chrono::milliseconds;
  using seconds = std::chrono::seconds;

 protected:
  UserAgentTest() = default;
  explicit UserAgentTest(Transport transport, const UserAgent::Config& config = {})
      : pair(1, transport, config) {}
  UserAgentTest(const UserAgent::Config& caller, const UserAgent::Config& callee)
      : pair(1, Transport::Udp, caller, callee) {}

  // The callee's user does this about an INVITE.
  void on_invite(const std::function<void(SessionId)>& act) {
    pair.reacts = [act](Side side, const UserAgentOutput& event) {
      const auto* invite = std::get_if<InviteReceived>(&event);
      if (invite != nullptr && side == Side::Callee) act(invite->session);
    };
  }
  void answer_at_once() {
    on_invite([this](SessionId id) {
      pair.ring(id);
      pair.accept(id);
    });
  }
  void ring_only() {
    on_invite([this](SessionId id) { pair.ring(id); });
  }

  // An answered call; both users know of it.
  SessionId established_call() {
    answer_at_once();
    const SessionId call = pair.call();
    pair.run_for(seconds(1));
    EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 1U);
    return call;
  }
  SessionId callee_session() { return pair.last<InviteReceived>(Side::Callee)->session; }

  Request last_invite() {
    return std::get<Request>(pair.requests(Side::Caller, Method::Invite).back().message);
  }
  // The next request of the caller's side of an established call, as a foreign implementation might
  // send it.
  Request inside(Method method, std::uint32_t cseq) {
    const Request invite = last_invite();
    const Response ok =
        std::get<Response>(pair.responses(Side::Callee, Method::Invite, 200).back().message);
    Request request;
    request.method = method;
    request.uri = ok.headers.contact.front().uri;
    request.headers = invite.headers;
    request.headers.to = ok.headers.to;
    request.headers.cseq = {cseq, method, {}};
    request.headers.via.front().parameters.set(
        "branch", "z9hG4bKtest" + std::to_string(cseq) + std::string(to_string(method)));
    request.headers.content_type.clear();
    return request;
  }
  // Likewise of the callee's side.
  Request from_callee(Method method, std::uint32_t cseq) {
    Request request = inside(method, cseq);
    std::swap(request.headers.from, request.headers.to);
    request.uri = request.headers.contact.front().uri;
    return request;
  }
  // What the callee answers to it; nullopt where nothing.
  std::optional<Response> ask(const Request& request) {
    const std::size_t before = pair.wire.size();
    pair.inject(Side::Callee, serialize(request));
    std::optional<Response> answer;
    for (std::size_t i = before; i < pair.wire.size(); ++i) {
      if (pair.wire[i].from != Side::Callee) continue;
      if (const auto* response = std::get_if<Response>(&pair.wire[i].message)) answer = *response;
    }
    return answer;
  }

  void expect_quiet() {
    pair.run();
    EXPECT_TRUE(pair.quiet()) << "sessions " << pair.caller().session_count() << ", "
                              << pair.callee().session_count() << ", transactions "
                              << pair.caller().transaction_count() << ", "
                              << pair.callee().transaction_count();
  }

  UserAgentPair pair;
};

}  // namespace offhook::sip
