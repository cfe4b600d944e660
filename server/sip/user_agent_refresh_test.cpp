#include "sip/user_agent_fixture.hpp"

// Session timers and the re-INVITEs that refresh a session (RFC 4028, RFC 3261 14).
namespace offhook::sip {
namespace {

UserAgent::Config with_timer(const SessionTimerPolicy& policy = {}) {
  UserAgent::Config config;
  config.session_timer = policy;
  return config;
}

// The caller has timers; what the callee's 200s say of them is the test's.
class UserAgentRefreshTest : public UserAgentTest {
 protected:
  static constexpr Duration kHalf = std::chrono::seconds(900);
  static constexpr Duration kSetUp = std::chrono::milliseconds(40);  // until the 200 is there

  explicit UserAgentRefreshTest(const UserAgent::Config& callee = {})
      : UserAgentTest(with_timer(), callee) {
    pair.rewrites = [this](Side from, std::string& bytes) {
      const bool ok = bytes.starts_with("SIP/2.0 200") && bytes.contains(" INVITE\r\n");
      if (from == Side::Callee && ok) bytes.insert(bytes.find("\r\n") + 2, added);
    };
  }

  void begin() {
    call = established_call();
    pair.reacts = [this](Side side, const UserAgentOutput& event) {
      if (const auto* reinvited = std::get_if<Reinvited>(&event)) on_reinvite(side, *reinvited);
    };
  }
  // The refresh has just been sent.
  void until_refresh() {
    begin();
    pair.run_for(kHalf - seconds(1));
    EXPECT_EQ(invites().size(), 1U);
    pair.run_for(kSetUp + milliseconds(1));
    ASSERT_EQ(invites().size(), 2U);
  }
  // Likewise, and from now on this test is the other side.
  void until_refresh_of_nobody() {
    begin();
    pair.loses = [](const Sent&) { return true; };
    pair.run_for(kHalf - seconds(1) + kSetUp + milliseconds(1));
    ASSERT_EQ(invites().size(), 2U);
  }
  void answer(std::uint16_t status, const std::function<void(Headers&)>& change = {}) {
    Response response = make_response(last_invite(), status, "");
    if (change) change(response.headers);
    pair.inject(Side::Caller, serialize(response));
  }
  static void agree(Headers& headers) {
    headers.session_expires = {seconds(1'800), SessionExpires::Refresher::Uac};
  }
  [[nodiscard]] std::vector<Sent> invites() const {
    return pair.requests(Side::Caller, Method::Invite);
  }
  [[nodiscard]] Sent invite(std::size_t index) const { return invites().at(index); }
  static Request request(const Sent& sent) { return std::get<Request>(sent.message); }
  void hang_up_and_expect_quiet() {
    pair.loses = [](const Sent&) { return false; };
    pair.caller().hang_up(call, "", pair.now());
    pair.callee().hang_up(callee_session(), "", pair.now());
    expect_quiet();
  }

  std::string added = "Session-Expires: 1800;refresher=uac\r\n";
  std::function<void(Side, const Reinvited&)> on_reinvite =
      [this](Side side, const Reinvited& event) { pair.accept(event.session, side); };
  SessionId call{};
};

TEST_F(UserAgentRefreshTest, TheRefresherSendsAReinviteWithTheSameSdp) {
  until_refresh();
  const Request first = request(invite(0));
  const Request refresh = request(invite(1));
  EXPECT_EQ(first.headers.session_expires,
            (SessionExpires{seconds(1'800), SessionExpires::Refresher::Unnamed}));
  EXPECT_THAT(first.headers.supported, testing::Contains("timer"));
  EXPECT_EQ(refresh.body, first.body);
  EXPECT_EQ(refresh.headers.content_type, "application/sdp");
  EXPECT_EQ(refresh.headers.contact, first.headers.contact);
  EXPECT_EQ(refresh.headers.cseq.number, first.headers.cseq.number + 1);
  EXPECT_FALSE(refresh.headers.to.tag().empty());
  EXPECT_EQ(refresh.headers.session_expires,
            (SessionExpires{seconds(1'800), SessionExpires::Refresher::Uac}));
  EXPECT_THAT(refresh.headers.supported, testing::Contains("timer"));
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, TheAnswerToARefreshIsAcknowledgedAndReported) {
  until_refresh();
  pair.run_for(seconds(10));
  ASSERT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Refreshed>(Side::Caller)->session, call);
  EXPECT_EQ(pair.last<Refreshed>(Side::Caller)->sdp, "the answer");
  const auto acks = pair.requests(Side::Caller, Method::Ack);
  ASSERT_EQ(acks.size(), 2U);
  EXPECT_EQ(request(acks[1]).headers.cseq.number, request(invite(1)).headers.cseq.number);
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 2U);
  pair.run_for(kHalf);
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 2U) << "and so on";
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, AChangeThatIsWantedDuringARefreshIsMadeAfterIt) {
  until_refresh();
  pair.caller().reinvite(call, "another offer", pair.now());
  pair.run_for(seconds(10));
  ASSERT_EQ(invites().size(), 3U);
  EXPECT_EQ(request(invite(1)).body, "the offer");
  EXPECT_EQ(request(invite(2)).body, "another offer");
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 2U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, AnAnswerWithoutATimerEndsTheRefreshes) {
  until_refresh();
  added.clear();
  pair.run_for(std::chrono::hours(2));
  EXPECT_EQ(invites().size(), 2U);
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, WhoIgnoresTimersIsLeftAlone) {
  added.clear();
  begin();
  pair.run_for(std::chrono::hours(2));
  EXPECT_EQ(invites().size(), 1U);
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, TheRefreshedTargetIsUsed) {
  until_refresh_of_nobody();
  answer(200, [](Headers& headers) {
    agree(headers);
    headers.contact = {
        {.display_name = {}, .uri = *Uri::parse("sip:b@192.0.2.77"), .parameters = {}}};
  });
  EXPECT_EQ(request(pair.requests(Side::Caller, Method::Ack).back()).uri.to_string(),
            "sip:b@192.0.2.77");
  hang_up_and_expect_quiet();
}

// ---- lost messages ----

TEST_F(UserAgentRefreshTest, ALostRefreshIsRepeated) {
  begin();
  pair.loses = lose_first_request(3, Method::Invite);
  pair.run_for(kHalf + seconds(10));
  EXPECT_EQ(invites().size(), 5U);
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ALostAnswerToARefreshIsRepeated) {
  begin();
  pair.loses = lose_first_response(3, Method::Invite, 200);
  pair.run_for(kHalf + seconds(10));
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 2U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ALostAckOfARefreshIsRepeatedIdentically) {
  begin();
  pair.loses = lose_first_request(2, Method::Ack);
  pair.run_for(kHalf + seconds(10));
  const auto acks = pair.requests(Side::Caller, Method::Ack);
  ASSERT_EQ(acks.size(), 4U);
  EXPECT_EQ(acks[1].bytes, acks[2].bytes);
  EXPECT_EQ(acks[1].bytes, acks[3].bytes);
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.all<Confirmed>(Side::Callee).size(), 2U);
  hang_up_and_expect_quiet();
}

// ---- refusals ----

class ChallengedRefreshTest : public UserAgentRefreshTest {
 protected:
  // A call with an account, which established_call() has not.
  void until_refresh_with_account() {
    answer_at_once();
    call = pair.call(Account{.username = "100001", .password = "secret"});
    pair.run_for(seconds(1));
    pair.loses = [](const Sent&) { return true; };
    pair.run_for(kHalf);
    ASSERT_GE(invites().size(), 2U);
  }
  static void challenge(Headers& headers) {
    Challenge challenge;
    challenge.realm = "atlanta1.voip.ms";
    challenge.nonce = "5c9da5ce";
    challenge.algorithm = "MD5";
    headers.www_authenticate = {challenge};
  }
};

TEST_F(ChallengedRefreshTest, AChallengedRefreshIsAnswered) {
  until_refresh_with_account();
  const Request first = last_invite();
  answer(401, challenge);
  const Request second = last_invite();
  EXPECT_EQ(second.headers.cseq.number, first.headers.cseq.number + 1);
  ASSERT_EQ(second.headers.authorization.size(), 1U);
  EXPECT_EQ(second.headers.authorization[0].nonce, "5c9da5ce");
  EXPECT_EQ(second.body, first.body);
  answer(200, agree);
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  const Request ack = request(pair.requests(Side::Caller, Method::Ack).back());
  EXPECT_EQ(ack.headers.authorization, second.headers.authorization);
  // What follows in the dialog counts on from there.
  pair.caller().hang_up(call, "", pair.now());
  pair.run_for(milliseconds(1));
  EXPECT_EQ(request(pair.requests(Side::Caller, Method::Bye).back()).headers.cseq.number,
            second.headers.cseq.number + 1);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ARefreshWithTooSmallAnIntervalIsRaised) {
  until_refresh_of_nobody();
  answer(422, [](Headers& headers) { headers.min_se = seconds(2'000); });
  ASSERT_EQ(last_invite().headers.cseq.number, 3U);
  EXPECT_EQ(last_invite().headers.session_expires,
            (SessionExpires{seconds(2'000), SessionExpires::Refresher::Uac}));
  EXPECT_EQ(last_invite().headers.min_se, seconds(2'000));
  answer(200, agree);
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ARefreshThatCrossesAReinviteIsSentAgainLater) {
  until_refresh_of_nobody();
  answer(491);
  const Time crossed = pair.now();
  const std::size_t sent = invites().size();
  while (invites().size() == sent) ASSERT_TRUE(pair.step());
  const Duration pause = pair.now() - crossed;  // RFC 3261 14.1: the Call-ID is ours
  EXPECT_GE(pause, milliseconds(2'100));
  EXPECT_LE(pause, seconds(4));
  EXPECT_EQ(pause % milliseconds(10), Duration::zero());
  EXPECT_EQ(last_invite().headers.cseq.number, 3U);
  answer(200, agree);
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ARefreshThatCrossesForEverEndsWithTheInterval) {
  added = "Session-Expires: 90;refresher=uac\r\n";
  begin();
  pair.loses = [](const Sent&) { return true; };
  pair.run_for(seconds(45) - seconds(1) + kSetUp + milliseconds(1));
  ASSERT_EQ(invites().size(), 2U);
  while (pair.all<Ended>(Side::Caller).empty() && pair.now() < Time{} + seconds(100)) {
    answer(491);
    ASSERT_TRUE(pair.step());
  }
  ASSERT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Caller)->cause, Ended::Cause::Expired);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ARefreshThatFindsNoDialogEndsTheSession) {
  until_refresh_of_nobody();
  answer(481);
  ASSERT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Caller)->cause, Ended::Cause::DialogLost);
  pair.run_for(milliseconds(1));
  EXPECT_EQ(pair.requests(Side::Caller, Method::Bye).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ARefreshThatNobodyAnswersEndsTheSession) {
  until_refresh_of_nobody();
  pair.run_for(seconds(31));
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  pair.run_for(seconds(2));
  ASSERT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Caller)->cause, Ended::Cause::DialogLost);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ARefreshWithoutAFinalAnswerEndsTheSession) {
  until_refresh_of_nobody();
  answer(100);
  pair.run_for(seconds(63));
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  pair.run_for(seconds(2));
  ASSERT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Caller)->cause, Ended::Cause::DialogLost);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ARefusedRefreshLeavesTheSession) {
  begin();
  on_reinvite = [this](Side side, const Reinvited& event) {
    pair.agent(side).reject(event.session, 488, "", pair.now());
  };
  pair.run_for(kHalf + seconds(1));
  EXPECT_EQ(invites().size(), 2U);
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  pair.run_for(kHalf / 2);
  EXPECT_EQ(invites().size(), 3U);
  pair.run_for(std::chrono::hours(2));
  EXPECT_EQ(invites().size(), 6U) << "at 900, 1350, 1575, 1687 and 1743 s";
  EXPECT_EQ(pair.caller().session_count(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ALostConnectionDuringARefreshLeavesTheSession) {
  until_refresh_of_nobody();
  pair.caller().handle_flow_lost(pair.flow(Side::Caller), pair.now());
  pair.run_for(seconds(40));
  EXPECT_EQ(pair.caller().session_count(), 1U);
  hang_up_and_expect_quiet();
}

// ---- both at once ----

TEST_F(UserAgentRefreshTest, AReinviteDuringARefreshGets491) {
  on_reinvite = [](Side, const Reinvited&) {};
  until_refresh();
  pair.run_for(milliseconds(100));
  for (const Method method : {Method::Invite, Method::Update}) {
    Request request = from_callee(method, 1);
    request.headers.cseq.number = method == Method::Invite ? 2 : 3;
    request.body = "another offer";
    request.headers.content_type = "application/sdp";
    request.headers.session_expires.reset();
    pair.inject(Side::Caller, serialize(request));
    EXPECT_EQ(pair.responses(Side::Caller, method, 491).size(), 1U);
  }
  EXPECT_TRUE(pair.all<Reinvited>(Side::Caller).empty());
  pair.accept(callee_session());
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, ARefreshWaitsForTheirReinvite) {
  begin();
  pair.run_for(kHalf - seconds(2));
  Request reinvite = from_callee(Method::Invite, 2);
  reinvite.body = "another offer";
  reinvite.headers.content_type = "application/sdp";
  reinvite.headers.session_expires.reset();
  on_reinvite = [](Side, const Reinvited&) {};
  pair.inject(Side::Caller, serialize(reinvite));
  pair.run_for(seconds(10));
  EXPECT_EQ(invites().size(), 1U);
  pair.caller().reject(call, 488, "", pair.now());
  pair.run_for(seconds(5));
  EXPECT_EQ(invites().size(), 2U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, AByeDuringARefreshEndsBoth) {
  on_reinvite = [](Side, const Reinvited&) {};
  until_refresh();
  pair.run_for(milliseconds(100));
  pair.caller().hang_up(call, "", pair.now());
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 487).size(), 1U);
  expect_quiet();
}

TEST_F(UserAgentRefreshTest, TheirByeDuringARefreshEndsBoth) {
  on_reinvite = [](Side, const Reinvited&) {};
  until_refresh();
  pair.run_for(milliseconds(100));
  pair.callee().hang_up(callee_session(), "", pair.now());
  pair.run_for(seconds(1));
  ASSERT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Caller)->cause, Ended::Cause::RemoteHangup);
  expect_quiet();
}

TEST_F(UserAgentRefreshTest, AnAnswerThatCrossesOurByeIsAcknowledged) {
  on_reinvite = [](Side, const Reinvited&) {};
  until_refresh_of_nobody();
  pair.caller().hang_up(call, "", pair.now());
  answer(200, agree);
  EXPECT_EQ(pair.requests(Side::Caller, Method::Ack).size(), 2U);
  EXPECT_TRUE(pair.all<Refreshed>(Side::Caller).empty());
  hang_up_and_expect_quiet();
  EXPECT_EQ(pair.all<Refreshed>(Side::Caller).size(), 0U);
}

TEST_F(UserAgentRefreshTest, AfterOurByeARefreshThatIsNeverAnsweredIsForgotten) {
  on_reinvite = [](Side, const Reinvited&) {};
  until_refresh_of_nobody();
  answer(100);
  pair.caller().hang_up(call, "", pair.now());
  pair.run_for(seconds(70));
  EXPECT_EQ(pair.caller().transaction_count(), 0U);
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  hang_up_and_expect_quiet();
}

// ---- the other side refreshes ----

TEST_F(UserAgentRefreshTest, WithoutARefreshTheSessionIsEnded) {
  added = "Session-Expires: 1800;refresher=uas\r\n";
  begin();
  pair.run_for(seconds(1'800 - 32 - 2));
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  EXPECT_EQ(invites().size(), 1U);
  pair.run_for(seconds(2));
  ASSERT_EQ(pair.all<Ended>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Caller)->cause, Ended::Cause::Expired);
  EXPECT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.requests(Side::Caller, Method::Bye).size(), 1U);
  expect_quiet();
}

class TimedPairTest : public UserAgentRefreshTest {
 protected:
  explicit TimedPairTest(const SessionTimerPolicy& callee = {})
      : UserAgentRefreshTest(with_timer(callee)) {
    added.clear();
  }
};

TEST_F(TimedPairTest, TheCalleeRefreshesForHours) {
  begin();
  pair.run_for(std::chrono::hours(2));
  EXPECT_EQ(invites().size(), 1U);
  EXPECT_EQ(pair.all<Refreshed>(Side::Callee).size(), 8U);
  EXPECT_EQ(pair.all<Reinvited>(Side::Caller).size(), 8U);
  const Request refresh =
      std::get<Request>(pair.requests(Side::Callee, Method::Invite).front().message);
  EXPECT_EQ(refresh.body, "the answer");
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

TEST_F(TimedPairTest, TwoRefreshesThatCrossBothComeThrough) {
  // Each believes to be the refresher.
  pair.rewrites = [](Side, std::string& bytes) {
    const auto at = bytes.find(";refresher=uas");
    if (bytes.starts_with("SIP/2.0 200") && at != std::string::npos) bytes[at + 13] = 'c';
  };
  begin();
  pair.latency = milliseconds(100);
  pair.run_for(kHalf + seconds(10));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Invite, 491).size(), 1U);
  EXPECT_EQ(pair.responses(Side::Caller, Method::Invite, 491).size(), 1U);
  EXPECT_GE(pair.all<Refreshed>(Side::Caller).size() + pair.all<Refreshed>(Side::Callee).size(),
            1U);
  EXPECT_TRUE(pair.all<Ended>(Side::Caller).empty());
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

TEST_F(TimedPairTest, TooShortAnIntervalGets422) {
  call = established_call();
  Request invite = last_invite();
  invite.headers.call_id = "another";
  invite.headers.via.front().parameters.set("branch", "z9hG4bKshort");
  invite.headers.session_expires = {seconds(89), SessionExpires::Refresher::Uac};
  const auto answer = ask(invite);
  EXPECT_EQ(answer->status, 422);
  EXPECT_EQ(answer->headers.min_se, seconds(90));
  EXPECT_EQ(pair.all<InviteReceived>(Side::Callee).size(), 1U);

  Request reinvite = inside(Method::Invite, 2);
  reinvite.headers.session_expires = invite.headers.session_expires;
  EXPECT_EQ(ask(reinvite)->status, 422);
  EXPECT_TRUE(pair.all<Reinvited>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

TEST_F(TimedPairTest, WhoRequiresTimersIsServed) {
  call = established_call();
  Request options = inside(Method::Options, 2);
  options.headers.require = {"timer"};
  EXPECT_EQ(ask(options)->status, 200);
  options = inside(Method::Options, 3);
  options.headers.require = {"timer", "x"};
  EXPECT_EQ(ask(options)->headers.unsupported, std::vector<std::string>{"x"});
  hang_up_and_expect_quiet();
}

class PatientCalleeTest : public TimedPairTest {
 protected:
  PatientCalleeTest()
      : TimedPairTest(
            {.interval = std::chrono::seconds(7'200), .least = std::chrono::seconds(3'600)}) {}
};

TEST_F(PatientCalleeTest, AnIntervalThatIsTooSmallIsRaised) {
  call = established_call();
  ASSERT_EQ(invites().size(), 2U);
  const Request second = request(invite(1));
  EXPECT_EQ(second.headers.call_id, request(invite(0)).headers.call_id);
  EXPECT_EQ(second.headers.from, request(invite(0)).headers.from);
  EXPECT_EQ(second.headers.cseq.number, 2U);
  EXPECT_EQ(second.headers.session_expires->interval, seconds(3'600));
  EXPECT_EQ(second.headers.min_se, seconds(3'600));
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentRefreshTest, AnIntervalIsRaisedTwiceAndThenTheCallIsRefused) {
  pair.loses = [](const Sent&) { return true; };
  call = pair.call();
  pair.run_for(milliseconds(1));
  for (const int least : {2'000, 3'000, 4'000}) {
    answer(422, [&](Headers& headers) { headers.min_se = seconds(least); });
  }
  EXPECT_EQ(last_invite().headers.cseq.number, 3U);
  ASSERT_EQ(pair.all<Refused>(Side::Caller).size(), 1U);
  EXPECT_EQ(pair.last<Refused>(Side::Caller)->response.status, 422);
  expect_quiet();
}

// ---- browsers ----

class BrowserTimerTest : public UserAgentTest {
 protected:
  BrowserTimerTest() : UserAgentTest(Transport::Wss, with_timer()) {}
};

TEST_F(BrowserTimerTest, NothingIsSaidOfTimersToABrowser) {
  const SessionId call = established_call();
  for (const auto& sent : pair.wire) {
    EXPECT_FALSE(sent.bytes.contains("timer")) << sent.bytes;
    EXPECT_FALSE(sent.bytes.contains("Session-Expires")) << sent.bytes;
  }
  Request reinvite = inside(Method::Invite, 2);
  reinvite.headers.session_expires = {seconds(10), SessionExpires::Refresher::Uac};
  reinvite.headers.supported = {"timer"};
  EXPECT_EQ(ask(reinvite)->status, 100);
  pair.accept(callee_session());
  pair.run_for(milliseconds(1));
  EXPECT_FALSE(pair.wire.back().bytes.contains("Session-Expires"));
  pair.caller().hang_up(call, "", pair.now());
  expect_quiet();
}

}  // namespace
}  // namespace offhook::sip
