#include "sip/session_timer.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::sip {
namespace {

using namespace std::chrono_literals;
using Refresher = SessionExpires::Refresher;
using State = SessionTimer::State;
using Due = SessionTimer::Due;

class SessionTimerTest : public testing::Test {
 protected:
  static Headers with(std::optional<SessionExpires> expires, bool knows_timers = true) {
    Headers headers;
    headers.session_expires = expires;
    if (knows_timers) headers.supported = {"replaces", "timer"};
    return headers;
  }
  // Our 2xx to such a request.
  Headers answer_to(const Headers& request) {
    Headers response;
    timer.write_answer(request, response, now);
    return response;
  }
  Headers request() const {
    Headers headers;
    timer.write_request(headers);
    return headers;
  }
  // A 422.
  bool too_small(std::optional<std::chrono::seconds> min_se) {
    Headers headers;
    headers.min_se = min_se;
    return timer.handle_too_small(headers);
  }
  // To the next deadline, which is so far away from the start.
  Due wait_until(Duration since_start) {
    EXPECT_EQ(timer.next_timeout(), Time{} + since_start);
    now = timer.next_timeout().value_or(now);
    return timer.handle_timeout(now);
  }

  Time now{};
  SessionTimer timer{SessionTimerPolicy{}};
};

TEST_F(SessionTimerTest, AsksForHalfAnHourAndLeavesTheChoiceToTheOtherSide) {  // RFC 4028 7.1
  const Headers headers = request();
  EXPECT_EQ(headers.supported, std::vector<std::string>{"timer"});
  EXPECT_EQ(headers.session_expires, (SessionExpires{1800s, Refresher::Unnamed}));
  EXPECT_FALSE(headers.min_se);
  EXPECT_FALSE(timer.next_timeout());
}

TEST_F(SessionTimerTest, WhoDoesNotAskOnlySaysThatItKnowsTimers) {
  timer = SessionTimer({.asks = false});
  EXPECT_EQ(request().supported, std::vector<std::string>{"timer"});
  EXPECT_FALSE(request().session_expires);
}

TEST_F(SessionTimerTest, WhoIsNamedRefreshesAtHalfTheInterval) {
  timer.handle_success(with(SessionExpires{1000s, Refresher::Uac}), now);
  EXPECT_EQ(timer.state(), State::Refreshing);
  EXPECT_EQ(timer.next_timeout(), now + 500s);
  EXPECT_EQ(request().session_expires, (SessionExpires{1000s, Refresher::Uac}));

  (void)answer_to(with(SessionExpires{800s, Refresher::Uas}));
  EXPECT_EQ(timer.state(), State::Refreshing);
  EXPECT_EQ(timer.next_timeout(), now + 400s);
}

TEST_F(SessionTimerTest, WhoIsNotNamedWaitsForTheOtherOne) {
  timer.handle_success(with(SessionExpires{1000s, Refresher::Uas}), now);
  EXPECT_EQ(timer.state(), State::Watching);
  EXPECT_EQ(request().session_expires, (SessionExpires{1000s, Refresher::Uas}));

  (void)answer_to(with(SessionExpires{800s, Refresher::Uac}));
  EXPECT_EQ(timer.state(), State::Watching);
}

TEST_F(SessionTimerTest, WhereNobodyIsNamedWeRefresh) {
  timer.handle_success(with(SessionExpires{1000s, Refresher::Unnamed}), now);
  EXPECT_EQ(timer.state(), State::Refreshing);
}

TEST_F(SessionTimerTest, AnAnswerThatSaysNothingEndsTheTimer) {
  timer.handle_success(with(SessionExpires{1000s, Refresher::Uac}), now);
  timer.handle_success(with(std::nullopt), now);
  EXPECT_EQ(timer.state(), State::Off);
  EXPECT_FALSE(timer.next_timeout());

  timer.handle_success(with(SessionExpires{1000s, Refresher::Uac}), now);
  EXPECT_FALSE(answer_to(with(std::nullopt, false)).session_expires);
  EXPECT_EQ(timer.state(), State::Off);
}

TEST_F(SessionTimerTest, ARefreshIsDueOnce) {
  timer.handle_success(with(SessionExpires{1000s, Refresher::Uac}), now);
  EXPECT_EQ(timer.handle_timeout(now + 499s), Due::Nothing);
  EXPECT_EQ(wait_until(500s), Due::Refresh);
  EXPECT_EQ(timer.state(), State::Waiting);
  EXPECT_EQ(timer.handle_timeout(now), Due::Nothing);
  timer.handle_success(with(SessionExpires{1000s, Refresher::Uac}), now);
  EXPECT_EQ(timer.next_timeout(), now + 500s);
}

TEST_F(SessionTimerTest, ARefusedRefreshIsTriedAgainAfterHalfOfWhatIsLeft) {
  timer.handle_success(with(SessionExpires{1000s, Refresher::Uac}), now);
  for (const auto at : {500s, 750s, 875s}) {
    EXPECT_EQ(wait_until(at), Due::Refresh);
    timer.handle_refused(now);
    EXPECT_EQ(timer.state(), State::Refreshing);
  }
  EXPECT_EQ(wait_until(937s + 500ms), Due::Refresh);
  timer.handle_refused(now);  // 62.5 s are left
  EXPECT_FALSE(timer.next_timeout());
}

TEST_F(SessionTimerTest, WithoutAnAnswerToTheRefreshTheSessionExpires) {
  timer.handle_success(with(SessionExpires{1000s, Refresher::Uac}), now);
  EXPECT_EQ(wait_until(500s), Due::Refresh);
  EXPECT_EQ(wait_until(1000s), Due::Expired);
  EXPECT_EQ(timer.state(), State::Off);
  EXPECT_FALSE(timer.next_timeout());
}

TEST_F(SessionTimerTest, WithoutTheirRefreshTheSessionExpiresEarly) {  // RFC 4028 10
  timer.handle_success(with(SessionExpires{1000s, Refresher::Uas}), now);
  EXPECT_EQ(wait_until(968s), Due::Expired);
  EXPECT_EQ(timer.state(), State::Off);
  now = Time{};
  timer.handle_success(with(SessionExpires{90s, Refresher::Uas}), now);
  EXPECT_EQ(wait_until(60s), Due::Expired);
}

TEST_F(SessionTimerTest, TakesNoIntervalBelow90Seconds) {  // RFC 4028 4
  timer.handle_success(with(SessionExpires{0s, Refresher::Uac}), now);
  EXPECT_EQ(timer.next_timeout(), now + 45s);
  timer.handle_success(with(SessionExpires{1s, Refresher::Uas}), now);
  EXPECT_EQ(timer.next_timeout(), now + 60s);
}

TEST_F(SessionTimerTest, TheLongestIntervalIsATimeToo) {
  timer.handle_success(with(SessionExpires{std::chrono::seconds(UINT32_MAX), Refresher::Uac}), now);
  EXPECT_EQ(timer.next_timeout(), now + Duration(std::chrono::seconds(UINT32_MAX)) / 2);
}

TEST_F(SessionTimerTest, RaisesTheIntervalAsOftenAsAProxyAndTheFarSideMayAsk) {
  EXPECT_TRUE(too_small(2000s));
  EXPECT_EQ(request().session_expires, (SessionExpires{2000s, Refresher::Unnamed}));
  EXPECT_EQ(request().min_se, 2000s);
  EXPECT_TRUE(too_small(1900s));  // of another one: the largest counts
  EXPECT_EQ(request().min_se, 2000s);
  EXPECT_EQ(limits::kSessionTimerRaises, 2U);
  EXPECT_FALSE(too_small(3000s));
  timer.handle_success(with(SessionExpires{2000s, Refresher::Uac}), now);
  EXPECT_TRUE(too_small(3000s)) << "of the next request";
  EXPECT_EQ(request().session_expires, (SessionExpires{3000s, Refresher::Uac}));
}

TEST_F(SessionTimerTest, ARefusalWithoutAnIntervalIsNotAnswered) {
  EXPECT_FALSE(too_small(std::nullopt));
}

// ---- the table of RFC 4028 9 ----

TEST_F(SessionTimerTest, ACallerWithoutTimersGetsNone) {
  const Headers answer = answer_to(with(std::nullopt, false));
  EXPECT_FALSE(answer.session_expires);
  EXPECT_TRUE(answer.require.empty());
  EXPECT_EQ(timer.state(), State::Off);
}

TEST_F(SessionTimerTest, ForACallerWithoutTimersBehindAProxyWithThemWeRefresh) {
  const Headers answer = answer_to(with(SessionExpires{600s, Refresher::Unnamed}, false));
  EXPECT_EQ(answer.session_expires, (SessionExpires{600s, Refresher::Uas}));
  EXPECT_TRUE(answer.require.empty());
  EXPECT_EQ(timer.state(), State::Refreshing);
}

TEST_F(SessionTimerTest, ForACallerThatKnowsTimersWeRefresh) {
  for (const bool asks : {true, false}) {
    timer = SessionTimer({.asks = asks});
    const Headers answer = answer_to(with(SessionExpires{600s, Refresher::Unnamed}));
    EXPECT_EQ(answer.session_expires, (SessionExpires{600s, Refresher::Uas}));
    EXPECT_EQ(answer.require, std::vector<std::string>{"timer"});
    EXPECT_EQ(answer.supported, std::vector<std::string>{"timer"});
  }
}

TEST_F(SessionTimerTest, ACallerThatNamesARefresherGetsIt) {
  EXPECT_EQ(answer_to(with(SessionExpires{600s, Refresher::Uac})).session_expires,
            (SessionExpires{600s, Refresher::Uac}));
  EXPECT_EQ(timer.state(), State::Watching);
  EXPECT_EQ(answer_to(with(SessionExpires{600s, Refresher::Uas})).session_expires,
            (SessionExpires{600s, Refresher::Uas}));
  EXPECT_EQ(timer.state(), State::Refreshing);
}

TEST_F(SessionTimerTest, ACallerThatDoesNotAskIsAsked) {
  EXPECT_EQ(answer_to(with(std::nullopt)).session_expires, (SessionExpires{1800s, Refresher::Uas}));
  timer = SessionTimer({.asks = false});
  EXPECT_FALSE(answer_to(with(std::nullopt)).session_expires);
}

TEST_F(SessionTimerTest, WhoRefreshesGoesOnToWhereNobodyIsNamedLater) {
  (void)answer_to(with(SessionExpires{600s, Refresher::Uac}));
  EXPECT_EQ(answer_to(with(SessionExpires{600s, Refresher::Unnamed})).session_expires,
            (SessionExpires{600s, Refresher::Uac}));
  timer = SessionTimer({.asks = false});
  (void)answer_to(with(SessionExpires{600s, Refresher::Uac}));
  EXPECT_EQ(answer_to(with(std::nullopt)).session_expires, (SessionExpires{1800s, Refresher::Uac}));
}

TEST_F(SessionTimerTest, ALongIntervalIsShortenedButNotBelowTheirLeast) {
  EXPECT_EQ(answer_to(with(SessionExpires{7200s, Refresher::Uac})).session_expires->interval,
            1800s);
  Headers headers = with(SessionExpires{7200s, Refresher::Uac});
  headers.min_se = 3600s;
  EXPECT_EQ(answer_to(headers).session_expires->interval, 3600s);
}

TEST_F(SessionTimerTest, AnIntervalBelowOurLeastIsRefusedWhereThatIsUnderstood) {
  timer = SessionTimer({.least = 120s});
  EXPECT_EQ(timer.too_small(with(SessionExpires{119s, Refresher::Uac})), 120s);
  EXPECT_FALSE(timer.too_small(with(SessionExpires{120s, Refresher::Uac})));
  EXPECT_FALSE(timer.too_small(with(SessionExpires{119s, Refresher::Uac}, false)));
  EXPECT_FALSE(timer.too_small(with(std::nullopt)));
}

}  // namespace
}  // namespace offhook::sip
