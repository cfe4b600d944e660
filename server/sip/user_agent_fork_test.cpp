#include "base/limits.hpp"
#include "sip/user_agent_fixture.hpp"

// One INVITE that several phones answer (RFC 3261 13.2.2.4). The test is the other side.
namespace offhook::sip {
namespace {

class UserAgentForkTest : public UserAgentTest {
 protected:
  UserAgentForkTest() {
    pair.loses = [](const Sent&) { return true; };
    call = pair.call();
    pair.run_for(milliseconds(1));
  }
  void answer(std::uint16_t status, std::string_view tag) {
    const Request invite =
        std::get<Request>(pair.requests(Side::Caller, Method::Invite).front().message);
    Response response = make_response(invite, status, tag);
    response.headers.contact.resize(1);
    response.headers.contact[0].uri = *Uri::parse("sip:" + std::string(tag) + "@192.0.2.50");
    pair.inject(Side::Caller, serialize(response));
  }
  [[nodiscard]] std::vector<std::string> targets(Method method) const {
    std::vector<std::string> users;
    for (const auto& each : pair.requests(Side::Caller, method)) {
      users.push_back(std::get<Request>(each.message).uri.user);
    }
    return users;
  }

  SessionId call{};
};

TEST_F(UserAgentForkTest, EveryForksProgressIsReported) {
  answer(180, "one");
  answer(183, "two");
  const auto progressed = pair.all<Progressed>(Side::Caller);
  ASSERT_EQ(progressed.size(), 2U);
  EXPECT_EQ(progressed[0].response.headers.to.tag(), "one");
  EXPECT_EQ(progressed[1].response.headers.to.tag(), "two");
}

TEST_F(UserAgentForkTest, TheFirstAnswerWinsAndLaterOnesAreAcknowledgedAndHungUp) {
  answer(180, "one");
  answer(180, "two");
  answer(200, "two");
  answer(200, "one");
  ASSERT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Accepted>(Side::Caller)->response.headers.to.tag(), "two");
  EXPECT_EQ(targets(Method::Ack), (std::vector<std::string>{"two", "one"}));
  EXPECT_EQ(targets(Method::Bye), std::vector<std::string>{"one"});
  EXPECT_EQ(pair.caller().session_count(), 1U);

  answer(200, "one");  // its ACK was lost
  EXPECT_EQ(targets(Method::Ack), (std::vector<std::string>{"two", "one", "one"}));
  EXPECT_EQ(targets(Method::Bye).size(), 1U);
  pair.caller().hang_up(call, "", pair.now());
  pair.run_for(milliseconds(1));
  EXPECT_EQ(targets(Method::Bye), (std::vector<std::string>{"one", "two"}));
  expect_quiet();
}

TEST_F(UserAgentForkTest, AfterHangingUpEveryAnswerIsAcknowledgedAndHungUp) {
  answer(180, "one");
  pair.caller().hang_up(call, "", pair.now());
  answer(200, "one");
  answer(200, "two");
  EXPECT_EQ(targets(Method::Ack), (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(targets(Method::Bye), (std::vector<std::string>{"one", "two"}));
  EXPECT_TRUE(pair.all<Accepted>(Side::Caller).empty());
  expect_quiet();
}

TEST_F(UserAgentForkTest, MoreAnswersThanAnyProviderForksToAreIgnored) {
  for (std::size_t i = 0; i <= limits::kSipForks; ++i) answer(200, "fork" + std::to_string(i));
  EXPECT_EQ(targets(Method::Ack).size(), limits::kSipForks);
  EXPECT_EQ(targets(Method::Bye).size(), limits::kSipForks - 1);
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
}

}  // namespace
}  // namespace offhook::sip
