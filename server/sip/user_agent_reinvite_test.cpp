#include "sip/user_agent_fixture.hpp"

// Re-INVITEs that the user of the agent wants (RFC 3261 14.1).
namespace offhook::sip {
namespace {

class UserAgentReinviteTest : public UserAgentTest {
 protected:
  void begin() {
    call = established_call();
    pair.reacts = [this](Side side, const UserAgentOutput& event) {
      const auto* reinvited = std::get_if<Reinvited>(&event);
      if (reinvited != nullptr && answers) pair.accept(reinvited->session, side);
    };
  }
  void reinvite(Side side, const std::string& offer) {
    const SessionId session = side == Side::Caller ? call : callee_session();
    pair.agent(side).reinvite(session, offer, pair.now());
  }
  [[nodiscard]] std::size_t invites(Side from) const {
    return pair.requests(from, Method::Invite).size();
  }
  void hang_up_and_expect_quiet() {
    pair.caller().hang_up(call, "", pair.now());
    pair.callee().hang_up(callee_session(), "", pair.now());
    expect_quiet();
  }

  bool answers = true;
  SessionId call{};
};

TEST_F(UserAgentReinviteTest, TheOtherSideSeesTheOfferAndWeTheAnswer) {
  begin();
  reinvite(Side::Caller, "another offer");
  pair.run_for(seconds(1));
  ASSERT_EQ(pair.all<Reinvited>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<Reinvited>(Side::Callee)->request.body, "another offer");
  ASSERT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Refreshed>(Side::Caller)->sdp, "the answer");
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 2U);
  reinvite(Side::Callee, "one from there");
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.last<Reinvited>(Side::Caller)->request.body, "one from there");
  EXPECT_EQ(pair.all<Refreshed>(Side::Callee).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReinviteTest, ARefusalIsReportedAndEndsNothing) {
  begin();
  answers = false;
  reinvite(Side::Caller, "another offer");
  pair.run_for(seconds(1));
  pair.callee().reject(callee_session(), 488, "", pair.now());
  pair.run_for(seconds(1));
  ASSERT_EQ(pair.all<ReinviteRefused>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<ReinviteRefused>(Side::Caller)->status, 488);
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  answers = true;
  reinvite(Side::Caller, "a better one");
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReinviteTest, TwoThatCrossAreBothDoneInTheEnd) {
  begin();
  reinvite(Side::Caller, "from the caller");
  reinvite(Side::Callee, "from the callee");
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.responses(Side::Caller, Method::Invite, 491).size(), 1U);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 491).size(), 1U);
  pair.run_for(seconds(10));
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.all<Refreshed>(Side::Callee).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReinviteTest, WaitsUntilThatOfTheOtherSideIsDone) {
  begin();
  answers = false;
  reinvite(Side::Callee, "from the callee");
  pair.run_for(milliseconds(100));
  reinvite(Side::Caller, "from the caller");
  pair.run_for(seconds(6));
  EXPECT_EQ(invites(Side::Caller), 1U) << "the first";
  answers = true;
  pair.accept(call, Side::Caller);
  pair.run_for(seconds(10));
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Reinvited>(Side::Callee)->request.body, "from the caller");
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReinviteTest, ComesThroughLoss) {
  begin();
  pair.loss_percent = 30;
  reinvite(Side::Caller, "another offer");
  pair.run_for(seconds(30));
  pair.loss_percent = 0;
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentReinviteTest, ASessionThatEndsMeanwhileIsJustOver) {
  begin();
  answers = false;
  reinvite(Side::Caller, "another offer");
  pair.run_for(milliseconds(100));
  pair.callee().hang_up(callee_session(), "", pair.now());
  expect_quiet();
  EXPECT_EQ(pair.last<ReinviteRefused>(Side::Caller)->status, 487);
  EXPECT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
}

}  // namespace
}  // namespace offhook::sip
