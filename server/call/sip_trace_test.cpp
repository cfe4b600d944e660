#include "call/sip_trace.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::call {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::IsEmpty;
using testing::SizeIs;

class SipTraceTest : public testing::Test {
 protected:
  static sip::Message request(sip::Method method, const std::string& call_id,
                              std::uint32_t cseq = 1) {
    sip::Request request;
    request.method = method;
    request.uri.host = "x";
    request.headers.call_id = call_id;
    request.headers.cseq = {cseq, method, {}};
    return request;
  }
  static sip::Message in_dialog(sip::Method method, const std::string& call_id) {
    sip::Message message = request(method, call_id, 2);
    std::get<sip::Request>(message).headers.to.set_tag("t");
    return message;
  }
  void add(const sip::Message& message, const std::string& user = "demo") {
    now_ += milliseconds(1);
    trace_.add(user, flow_, message, false, now_);
  }
  CallId begin(const std::string& call_id, std::uint32_t cseq = 1) {
    const auto id = static_cast<CallId>(++last_id_);
    const sip::Message invite = request(sip::Method::Invite, call_id, cseq);
    EXPECT_TRUE(trace_.begins("demo", invite)) << call_id;
    trace_.begin(id, "demo", invite, now_);
    add(invite);
    return id;
  }
  CallId call(const std::string& call_id) {
    const CallId id = begin(call_id);
    trace_.describe(id, "demo", "voipms", "4443");
    return id;
  }
  void end(CallId id) {
    CallEnded ended{};
    ended.id = id;
    ended.user = "demo";
    trace_.end(ended);
  }

  sip::Flow flow_;
  Time now_{seconds(1'000)};
  std::uint64_t last_id_ = 0;
  SipTrace trace_;
};

TEST_F(SipTraceTest, HoldsNothingThatIsNoCalls) {
  add(request(sip::Method::Options, "a"));
  add(in_dialog(sip::Method::Bye, "a"));
  EXPECT_FALSE(trace_.begins("demo", request(sip::Method::Options, "a")));
  EXPECT_FALSE(trace_.begins("demo", in_dialog(sip::Method::Invite, "a")));
  EXPECT_THAT(trace_.calls(), IsEmpty());
  EXPECT_EQ(trace_.bytes(), 0U);
}

TEST_F(SipTraceTest, KnowsARetransmissionAndANewAttemptApart) {
  const CallId first = begin("a");
  EXPECT_FALSE(trace_.begins("demo", request(sip::Method::Invite, "a")));
  add(request(sip::Method::Invite, "a"));
  EXPECT_THAT(trace_.find(first)->messages, SizeIs(2));
  const CallId second = begin("a", 2);
  EXPECT_THAT(trace_.find(first)->messages, SizeIs(2));
  EXPECT_THAT(trace_.find(second)->messages, SizeIs(1));
}

TEST_F(SipTraceTest, KeepsUsersApartWhoPickTheSameCallId) {
  const CallId ours = call("a");
  add(in_dialog(sip::Method::Bye, "a"), "mallory");
  add(in_dialog(sip::Method::Bye, "a"), "");
  EXPECT_THAT(trace_.find(ours)->messages, SizeIs(1));
  EXPECT_TRUE(trace_.begins("mallory", request(sip::Method::Invite, "a")));
}

TEST_F(SipTraceTest, HoldsTheOtherLegsMessagesToo) {
  const CallId id = call("a");
  trace_.join(id, "", "b");
  add(in_dialog(sip::Method::Bye, "b"), "");
  ASSERT_THAT(trace_.find(id)->messages, SizeIs(2));
  EXPECT_FALSE(trace_.find(id)->messages[1].browser);
  EXPECT_FALSE(trace_.begins("", request(sip::Method::Invite, "b")))
      << "an INVITE of ours that comes back is no new call";
}

TEST_F(SipTraceTest, GoesOnAfterTheEnd) {
  const CallId id = call("a");
  end(id);
  add(in_dialog(sip::Method::Bye, "a"));
  EXPECT_THAT(trace_.find(id)->messages, SizeIs(2));
  EXPECT_FALSE(trace_.undescribed("demo", "a"));
}

TEST_F(SipTraceTest, KeepsTheBeginningAndTheEndOfALongCall) {
  const CallId id = call("a");
  for (std::size_t i = 1; i < limits::kTraceMessages; ++i) add(in_dialog(sip::Method::Info, "a"));
  EXPECT_EQ(trace_.find(id)->left_out, 0U);
  add(in_dialog(sip::Method::Bye, "a"));
  const CallTrace& kept = *trace_.find(id);
  EXPECT_THAT(kept.messages, SizeIs(limits::kTraceMessages));
  EXPECT_EQ(kept.left_out, 1U);
  EXPECT_EQ(kept.messages.front().summary, "INVITE sip:x");
  EXPECT_EQ(kept.messages.back().summary, "BYE sip:x");
}

TEST_F(SipTraceTest, ForgetsTheOldestCallThatIsOver) {
  const CallId live = call("live");
  const CallId oldest = call("0");
  end(oldest);
  for (std::size_t i = 1; i < limits::kTracedCalls; ++i) end(call(std::to_string(i)));
  EXPECT_NE(trace_.find(oldest), nullptr);
  end(call("one more"));
  EXPECT_EQ(trace_.find(oldest), nullptr);
  EXPECT_NE(trace_.find(live), nullptr);
  EXPECT_THAT(trace_.calls(), SizeIs(limits::kTracedCalls + 1));
  add(in_dialog(sip::Method::Bye, "0"));  // belongs to nothing any more
}

TEST_F(SipTraceTest, ForgetsRefusalsWithoutForgettingCalls) {
  const CallId over = call("over");
  end(over);
  const CallId first = begin("0");
  for (std::size_t i = 1; i < limits::kTracedRefusals; ++i) end(begin(std::to_string(i)));
  EXPECT_NE(trace_.find(first), nullptr);
  begin("one more");
  EXPECT_EQ(trace_.find(first), nullptr);
  EXPECT_NE(trace_.find(over), nullptr);
  EXPECT_THAT(trace_.calls(), SizeIs(limits::kTracedRefusals + 1));
}

TEST_F(SipTraceTest, StaysWithinItsMemory) {
  constexpr std::size_t kBytes = 100'000;
  trace_ = SipTrace(kBytes);
  sip::Message large = in_dialog(sip::Method::Info, "");
  std::get<sip::Request>(large).headers.user_agent = std::string(3'000, 'x');
  const CallId first = call("0");
  for (std::size_t i = 0; i < 12; ++i) {
    if (i > 0) call(std::to_string(i));
    std::get<sip::Request>(large).headers.call_id = std::to_string(i);
    for (int k = 0; k < 3; ++k) add(large);
    EXPECT_LE(trace_.bytes(), kBytes);
  }
  EXPECT_EQ(trace_.find(first), nullptr);
  EXPECT_NE(trace_.find(static_cast<CallId>(12)), nullptr);
  for (std::uint64_t i = 1; i <= last_id_; ++i) end(static_cast<CallId>(i));
  for (std::size_t i = 0; i < limits::kTracedCalls; ++i) end(call("small " + std::to_string(i)));
  EXPECT_LE(trace_.bytes(), kBytes);
}

TEST_F(SipTraceTest, GivesBackWhatItForgets) {
  for (std::size_t i = 0; i < limits::kTracedCalls; ++i) end(call("long " + std::to_string(i)));
  const std::size_t full = trace_.bytes();
  for (std::size_t i = 0; i < limits::kTracedCalls; ++i) end(call("next " + std::to_string(i)));
  EXPECT_EQ(trace_.bytes(), full);
}

TEST_F(SipTraceTest, KeepsTheLatestRegistersOfATrunk) {
  trace_.follow_registration("voipms", "r");
  for (std::size_t i = 0; i <= limits::kTraceRegisterMessages; ++i) {
    add(request(sip::Method::Register, "r", static_cast<std::uint32_t>(i)), "");
  }
  add(request(sip::Method::Register, "r"), "demo");
  add(request(sip::Method::Options, "r"), "");
  const auto& messages = trace_.registrations().at("voipms");
  EXPECT_THAT(messages, SizeIs(limits::kTraceRegisterMessages));
  EXPECT_TRUE(messages.front().text.contains("CSeq: 1 REGISTER"));
  trace_.follow_registration("voipms", "s");
  add(request(sip::Method::Register, "r", 99), "");
  EXPECT_FALSE(messages.back().text.contains("CSeq: 99"));
}

}  // namespace
}  // namespace offhook::call
