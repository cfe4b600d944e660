#include "app/trace_json.hpp"

#include <boost/json/parse.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/trace_text.hpp"

namespace offhook::app {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class TraceJsonTest : public testing::Test {
 protected:
  static sip::Flow flow(sip::Transport transport, const char* remote) {
    return {transport, 1, *Endpoint::parse("192.0.2.10:5062"), *Endpoint::parse(remote)};
  }
  static sip::Request invite(const std::string& call_id) {
    sip::Request request;
    request.method = sip::Method::Invite;
    request.uri = *sip::Uri::parse("sip:4443@offhook.invalid");
    request.headers.call_id = call_id;
    request.headers.cseq = {1, sip::Method::Invite, {}};
    return request;
  }
  // Dialled, sent on, and refused.
  void call_that_is_busy() {
    const sip::Request from_browser = invite("a");
    const auto id = static_cast<call::CallId>(7);
    const auto ws = flow(sip::Transport::Ws, "127.0.0.1:40001");
    const auto udp = flow(sip::Transport::Udp, "198.51.100.20:5060");
    trace_.begin(id, "demo", sip::Message(from_browser), kStart);
    trace_.add("demo", ws, sip::Message(from_browser), false, kStart);
    trace_.describe(id, "demo", "voipms", "4443");
    trace_.join(id, "", "b");
    trace_.add("", udp, sip::Message(invite("b")), true, kStart + 12ms);
    trace_.add("", udp, sip::Message(sip::make_response(invite("b"), 486, "t")), false,
               kStart + 1'512ms);
    trace_.add("demo", ws, sip::Message(sip::make_response(from_browser, 486, "t")), true,
               kStart + 1'513ms);
    call::CallEnded ended{.id = id,
                          .direction = call::Direction::Outbound,
                          .user = "demo",
                          .trunk = "voipms",
                          .remote_number = "4443",
                          .outcome = call::Outcome::Busy,
                          .failure = "busy",
                          .sip_status = 486};
    ended.ringing = 1'513ms;
    trace_.end(ended);
  }
  static boost::json::object parse(const std::string& text) {
    return boost::json::parse(text).as_object();
  }

  static constexpr Time kStart{1'000s};
  // An hour after the call.
  const WallClock clock_{kStart + 1h, std::chrono::system_clock::time_point(1'795'446'245'678ms)};
  call::SipTrace trace_;
};

TEST_F(TraceJsonTest, TellsTheTimeOnTheWall) {
  EXPECT_EQ(clock_.text(kStart + 1h), "2026-11-23T15:04:05.678Z");
  EXPECT_EQ(clock_.text(kStart - 1ns), "2026-11-23T14:04:05.677Z");
}

TEST_F(TraceJsonTest, ListsCallsTheNewestFirst) {
  call_that_is_busy();
  trace_.begin(static_cast<call::CallId>(8), "demo", sip::Message(invite("c")), kStart + 2s);
  EXPECT_EQ(calls_json(trace_, clock_),
            R"({"calls":[{"id":8,"started":"2026-11-23T14:04:07.678Z","direction":"outbound",)"
            R"("user":"","trunk":"","number":"","outcome":null},)"
            R"({"id":7,"started":"2026-11-23T14:04:05.678Z","direction":"outbound",)"
            R"("user":"demo","trunk":"voipms","number":"4443","outcome":"busy","failure":"busy",)"
            R"("sip_status":486,"ringing_ms":1513,"talking_ms":0}]})");
  EXPECT_EQ(calls_text(parse(calls_json(trace_, clock_))),
            "  call  began (UTC)          direction  number                outcome\n"
            "     8  2026-11-23 14:04:07  outbound                         under way\n"
            "     7  2026-11-23 14:04:05  outbound   4443                  busy (486)\n");
}

TEST_F(TraceJsonTest, TellsWhatACallSaid) {
  call_that_is_busy();
  const auto answer = parse(call_trace_json(trace_, "7", clock_).value());
  EXPECT_EQ(answer.at("left_out").as_int64(), 0);
  const auto& message = answer.at("messages").as_array().at(1).as_object();
  EXPECT_EQ(message.at("at_ms").as_int64(), 12);
  EXPECT_EQ(message.at("direction").as_string(), "sent");
  EXPECT_EQ(message.at("side").as_string(), "trunk");
  EXPECT_EQ(message.at("transport").as_string(), "udp");
  EXPECT_EQ(message.at("remote").as_string(), "198.51.100.20:5060");
  EXPECT_EQ(trace_text(answer, false),
            "call 7, outbound, 4443: busy (486)\n"
            "began 2026-11-23 14:04:05 UTC, user demo, trunk voipms\n\n"
            "    0.000  browser --> offhook            INVITE sip:4443@offhook.invalid  "
            "[ws 127.0.0.1:40001]\n"
            "    0.012              offhook --> trunk  INVITE sip:4443@offhook.invalid  "
            "[udp 198.51.100.20:5060]\n"
            "    1.512              offhook <-- trunk  486 Busy Here (INVITE)  "
            "[udp 198.51.100.20:5060]\n"
            "    1.513  browser <-- offhook            486 Busy Here (INVITE)  "
            "[ws 127.0.0.1:40001]\n");
  EXPECT_THAT(trace_text(answer, true), HasSubstr("[udp 198.51.100.20:5060]\n"
                                                  "    SIP/2.0 486 Busy Here\n    "));
}

TEST_F(TraceJsonTest, KnowsOnlyTheCallsThatAreKept) {
  call_that_is_busy();
  for (const char* id : {"8", "", "x", "7 ", "-7", "99999999999999999999"}) {
    EXPECT_FALSE(call_trace_json(trace_, id, clock_)) << id;
  }
  EXPECT_FALSE(trunk_trace_json(trace_, "voipms", clock_));
}

TEST_F(TraceJsonTest, TellsATrunksRegistration) {
  sip::Request request = invite("r");
  request.method = sip::Method::Register;
  request.headers.cseq.method = sip::Method::Register;
  trace_.follow_registration("voipms", "r");
  trace_.add("", flow(sip::Transport::Tls, "198.51.100.20:5061"), sip::Message(request), true,
             kStart);
  const auto answer = parse(trunk_trace_json(trace_, "voipms", clock_).value());
  EXPECT_EQ(trace_text(answer, false),
            "registration of voipms, from 2026-11-23 14:04:05 UTC\n\n"
            "    0.000              offhook --> trunk  REGISTER sip:4443@offhook.invalid  "
            "[tls 198.51.100.20:5061]\n");
}

// Whatever answers on the port.
TEST_F(TraceJsonTest, PrintsNothingThatActsOnATerminal) {
  const auto answer = parse(
      R"({"id":"\u001b[2J","messages":[{"summary":"\u009b2J","text":"a\u001b\nb"},7],"number":[]})");
  const std::string text = trace_text(answer, true) + calls_text(parse(R"({"calls":{}})"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\xc2\x9b")));
  EXPECT_THAT(text, HasSubstr("    a?\n    b\n"));
}

}  // namespace
}  // namespace offhook::app
