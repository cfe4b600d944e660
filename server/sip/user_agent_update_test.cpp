#include "sip/user_agent_fixture.hpp"

// UPDATE of the other side (RFC 3311). The caller's INVITE had CSeq 1.
namespace offhook::sip {
namespace {

class UserAgentUpdateTest : public UserAgentTest {
 protected:
  explicit UserAgentUpdateTest(const UserAgent::Config& config = {})
      : UserAgentTest(Transport::Udp, config) {}

  // To a call that rings, of either side.
  Request early(Side from) {
    Request request = last_invite();
    request.method = Method::Update;
    request.headers.cseq = {2, Method::Update, {}};
    request.headers.to = pair.last<Progressed>(Side::Caller)->response.headers.to;
    request.headers.via.front().parameters.set("branch", "z9hG4bKearly");
    request.headers.supported.clear();
    request.headers.session_expires.reset();
    request.headers.content_type.clear();
    request.body.clear();
    if (from == Side::Callee) std::swap(request.headers.from, request.headers.to);
    return request;
  }
  static Request with_offer(Request request) {
    request.body = "another offer";
    request.headers.content_type = "application/sdp";
    return request;
  }
  std::optional<Response> ask_caller(const Request& request) {
    const std::size_t before = pair.wire.size();
    pair.inject(Side::Caller, serialize(request));
    if (pair.wire.size() == before) return std::nullopt;
    return std::get<Response>(pair.wire.back().message);
  }
  void ring() {
    ring_only();
    call = pair.call();
    pair.run_for(seconds(1));
  }
  // Of both, for what a test says in the caller's name counts on without its knowing.
  void hang_up_and_expect_quiet() {
    pair.callee().hang_up(callee_session(), "", pair.now());
    pair.caller().hang_up(call, "", pair.now());
    expect_quiet();
  }

  SessionId call{};
};

TEST_F(UserAgentUpdateTest, AnUpdateInAnEarlyDialogOfOursIsAnswered) {
  ring();
  const auto answer = ask_caller(early(Side::Callee));
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.contact.front().uri, pair.identity(Side::Caller).contact.uri);
  EXPECT_TRUE(pair.all<Reinvited>(Side::Caller).empty());
  pair.accept(callee_session());
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.all<Accepted>(Side::Caller).size(), 1U);
  // The sequence goes on from the early dialog.
  EXPECT_EQ(ask_caller(from_callee(Method::Options, 1))->status, 500);
  EXPECT_EQ(ask_caller(from_callee(Method::Options, 3))->status, 200);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, AnOfferInAnEarlyDialogOfOursGets491) {
  ring();
  EXPECT_EQ(ask_caller(with_offer(early(Side::Callee)))->status, 491);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, NothingButUpdateIsTakenInAnEarlyDialogOfOurs) {
  ring();
  for (const Method method : {Method::Bye, Method::Info, Method::Invite, Method::Options}) {
    Request request = early(Side::Callee);
    request.method = request.headers.cseq.method = method;
    EXPECT_EQ(ask_caller(request)->status, 481) << to_string(method);
  }
  EXPECT_EQ(pair.caller().session_count(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, AfterHangingUpAnEarlyDialogIsGone) {
  ring();
  const Request update = early(Side::Callee);
  pair.caller().hang_up(call, "", pair.now());
  EXPECT_EQ(ask_caller(update)->status, 481);
  expect_quiet();
}

TEST_F(UserAgentUpdateTest, AnUpdateWhileItRingsIsAnswered) {
  ring();
  Request update = early(Side::Caller);
  update.headers.contact.front().uri = *Uri::parse("sip:alice@192.0.2.99:5099");
  const auto answer = ask(update);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.contact.front().uri, pair.identity(Side::Callee).contact.uri);
  pair.callee().ring(callee_session(), pair.identity(Side::Callee), pair.now());
  EXPECT_TRUE(pair.all<Cancelled>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, AnOfferWhileItRingsGets500) {
  ring();
  const auto answer = ask(with_offer(early(Side::Caller)));
  EXPECT_EQ(answer->status, 500);
  ASSERT_TRUE(answer->headers.retry_after);
  EXPECT_LE(answer->headers.retry_after->delay, seconds(10));
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, AnUpdateWithoutSdpRefreshesTargetAndSession) {
  call = established_call();
  Request update = inside(Method::Update, 2);
  update.body.clear();
  update.headers.contact.front().uri = *Uri::parse("sip:alice@192.0.2.99:5099");
  const auto answer = ask(update);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.contact.front().uri, pair.identity(Side::Callee).contact.uri);
  EXPECT_THAT(answer->headers.allow, testing::Contains("UPDATE"));
  EXPECT_FALSE(answer->headers.session_expires) << "there is no timer here";
  pair.callee().hang_up(callee_session(), "", pair.now());
  pair.run_for(milliseconds(1));
  const auto bye = std::get<Request>(pair.requests(Side::Callee, Method::Bye).front().message);
  EXPECT_EQ(bye.uri.to_string(), "sip:alice@192.0.2.99:5099");
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, AnUpdateWithAnOfferIsAnsweredByTheUser) {
  call = established_call();
  EXPECT_FALSE(ask(with_offer(inside(Method::Update, 2))));  // no 100 to UPDATE
  ASSERT_EQ(pair.all<Reinvited>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<Reinvited>(Side::Callee)->request.body, "another offer");
  pair.callee().accept(callee_session(), pair.identity(Side::Callee), "another answer", pair.now());
  pair.run_for(seconds(40));
  const auto answers = pair.responses(Side::Callee, Method::Update, 200);
  ASSERT_EQ(answers.size(), 1U) << "no ACK is waited for";
  EXPECT_EQ(std::get<Response>(answers.front().message).body, "another answer");

  EXPECT_FALSE(ask(with_offer(inside(Method::Update, 3))));
  pair.callee().reject(callee_session(), 488, "", pair.now());
  pair.run_for(seconds(1));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Update, 488).size(), 1U);
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, ASecondUpdateBeforeTheAnswerGets500) {  // RFC 3311 5.2
  call = established_call();
  EXPECT_FALSE(ask(with_offer(inside(Method::Update, 2))));
  EXPECT_EQ(ask(with_offer(inside(Method::Update, 3)))->status, 500);
  EXPECT_EQ(ask(inside(Method::Update, 4))->status, 500);
  Request reinvite = with_offer(inside(Method::Invite, 5));
  EXPECT_EQ(ask(reinvite)->status, 500);
  EXPECT_EQ(pair.all<Reinvited>(Side::Callee).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, AnOfferBeforeTheAckGets491) {
  answer_at_once();
  pair.loses = [](const Sent& sent) { return is_request(sent, Method::Ack); };
  call = pair.call();
  pair.run_for(milliseconds(100));
  EXPECT_EQ(ask(with_offer(inside(Method::Update, 2)))->status, 491);
  Request bare = inside(Method::Update, 3);
  bare.body.clear();
  EXPECT_EQ(ask(bare)->status, 200);
  pair.loses = [](const Sent&) { return false; };
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, HangingUpDuringAnUpdateAnswersIt) {
  call = established_call();
  EXPECT_FALSE(ask(with_offer(inside(Method::Update, 2))));
  pair.callee().hang_up(callee_session(), "", pair.now());
  pair.run_for(milliseconds(1));
  EXPECT_EQ(pair.responses(Side::Callee, Method::Update, 487).size(), 1U);
  hang_up_and_expect_quiet();
}

TEST_F(UserAgentUpdateTest, AnUpdateOutsideADialogGets481AndOfAnotherBody415) {
  call = established_call();
  Request outside = inside(Method::Update, 2);
  outside.headers.to.parameters.remove("tag");
  EXPECT_EQ(ask(outside)->status, 481);
  Request other = inside(Method::Update, 3);
  other.body = "x";
  other.headers.content_type = "text/plain";
  EXPECT_EQ(ask(other)->status, 415);
  hang_up_and_expect_quiet();
}

class TimedUpdateTest : public UserAgentUpdateTest {
 protected:
  TimedUpdateTest()
      : UserAgentUpdateTest(
            {.timers = {}, .user_agent = {}, .session_timer = SessionTimerPolicy{}}) {}
};

TEST_F(TimedUpdateTest, AnUpdateRefreshesTheSession) {
  call = established_call();
  Request update = inside(Method::Update, 2);
  update.body.clear();
  update.headers.supported = {"timer"};
  update.headers.session_expires = {seconds(1'200), SessionExpires::Refresher::Uac};
  const auto answer = ask(update);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.session_expires, update.headers.session_expires);
  pair.run_for(seconds(1'200 - 33));
  EXPECT_TRUE(pair.all<Ended>(Side::Callee).empty());
  pair.run_for(seconds(2));
  ASSERT_EQ(pair.all<Ended>(Side::Callee).size(), 1U);
  EXPECT_EQ(pair.last<Ended>(Side::Callee)->cause, Ended::Cause::Expired);
}

TEST_F(TimedUpdateTest, TooShortAnIntervalInAnUpdateGets422) {
  call = established_call();
  Request update = inside(Method::Update, 2);
  update.body.clear();
  update.headers.supported = {"timer"};
  update.headers.session_expires = {seconds(89), SessionExpires::Refresher::Uac};
  const auto answer = ask(update);
  EXPECT_EQ(answer->status, 422);
  EXPECT_EQ(answer->headers.min_se, seconds(90));
  hang_up_and_expect_quiet();
}

TEST_F(TimedUpdateTest, BeforeTheAnswerThereIsNoTimer) {  // RFC 4028 7.4
  ring();
  Request update = early(Side::Caller);
  update.headers.supported = {"timer"};
  update.headers.session_expires = {seconds(1'200), SessionExpires::Refresher::Uac};
  const auto answer = ask(update);
  EXPECT_EQ(answer->status, 200);
  EXPECT_FALSE(answer->headers.session_expires);
  hang_up_and_expect_quiet();
}

}  // namespace
}  // namespace offhook::sip
