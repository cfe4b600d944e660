#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/counters.hpp"
#include "call/sip_trace.hpp"
#include "call/switchboard_test_bench.hpp"

namespace offhook::call {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class SwitchboardTraceTest : public testing::Test, protected SwitchboardBench {
 protected:
  TestPeer& tab() { return *browsers.at(kTab); }
  [[nodiscard]] const CallTrace& only_call() const {
    EXPECT_THAT(board->trace().calls(), SizeIs(1));
    return board->trace().calls().begin()->second;
  }
  // "b>": from the browser, "<t": to the trunk.
  static std::vector<std::string> ladder(const CallTrace& call) {
    std::vector<std::string> lines;
    for (const TracedMessage& message : call.messages) {
      const std::string side = message.browser ? "b" : "t";
      std::string what = message.summary.substr(0, message.summary.find(' '));
      lines.push_back((message.sent ? "<" + side : side + ">") + " " + what);
    }
    return lines;
  }
  [[nodiscard]] std::vector<std::string> calls_logged() const {
    std::vector<std::string> ids;
    for (const LogEvent& event : log) {
      if (!event.fields.empty() && event.fields[0].first == "call") {
        ids.push_back(event.fields[0].second);
      }
    }
    return ids;
  }
  static sip::Challenge challenge() {
    sip::Challenge challenge;
    challenge.realm = "voip.ms";
    challenge.nonce = "planted-nonce";
    challenge.qop = {"auth"};
    return challenge;
  }
  // A request of the browser in its answered call.
  void request_in_call(sip::Method method, const std::string& type, const std::string& body) {
    const auto accepted = tab().last<sip::Accepted>().value().response;
    sip::Request request;
    request.method = method;
    request.uri = accepted.headers.contact.at(0).uri;
    request.headers.from = accepted.headers.from;
    request.headers.to = accepted.headers.to;
    request.headers.call_id = accepted.headers.call_id;
    request.headers.cseq = {++cseq_, method, {}};
    request.headers.content_type = type;
    request.body = body;
    (void)tab().agent.send_request(tab().flow, std::move(request), now);
    pump();
  }
  // All that an operator can see.
  [[nodiscard]] std::string all_shown() const {
    std::string text;
    for (const auto& [id, call] : board->trace().calls()) {
      text += call.user + call.trunk + call.number;
      for (const TracedMessage& message : call.messages) text += message.summary + message.text;
    }
    for (const auto& [trunk, messages] : board->trace().registrations()) {
      for (const TracedMessage& message : messages) text += message.summary + message.text;
    }
    for (const LogEvent& event : log) {
      text += event.event;
      for (const auto& [name, value] : event.fields) text += name + "=" + value + "\n";
    }
    for (const auto& [key, count] : board->counters().messages()) text += std::get<2>(key);
    for (const auto& [key, count] : board->counters().calls()) text += std::get<2>(key);
    return text;
  }
  std::uint32_t cseq_ = 10;
};

TEST_F(SwitchboardTraceTest, TracesACallOutOnBothSides) {
  ready();
  const auto session = dial();
  advance(milliseconds(1'500));
  provider_answers();
  tab().agent.hang_up(session, "", now);
  pump();
  const CallTrace& call = only_call();
  EXPECT_THAT(ladder(call),
              ElementsAre("b> INVITE", "<b 100", "<b 183", "<t INVITE", "t> 100", "t> 200",
                          "<t ACK", "<b 200", "b> ACK", "b> BYE", "<b 200", "<t BYE", "t> 200"));
  EXPECT_EQ(call.direction, Direction::Outbound);
  EXPECT_EQ(call.number, "4443");
  EXPECT_EQ(call.trunk, "voipms");
  EXPECT_EQ(call.ended.value().outcome, Outcome::Completed);
  EXPECT_EQ(call.messages[5].at - call.started_at, milliseconds(1'500));
  EXPECT_EQ(call.messages[3].flow, trunk_flow());
  EXPECT_EQ(call.messages[0].flow, tab_flow(kTab));
  for (const auto& id : calls_logged()) EXPECT_EQ(id, std::to_string(std::uint64_t(call.id)));
}

TEST_F(SwitchboardTraceTest, TracesACallInToTwoDevices) {
  ready();
  open(2);
  register_device(2, "<urn:2>");
  call_in();
  browser_answers();
  const CallTrace& call = only_call();
  EXPECT_EQ(call.direction, Direction::Inbound);
  EXPECT_EQ(call.number, "2125550106");
  const auto lines = ladder(call);
  EXPECT_EQ(lines.front(), "t> INVITE");
  EXPECT_EQ(std::ranges::count(lines, "<b INVITE"), 2);
  EXPECT_EQ(std::ranges::count(lines, "<b CANCEL"), 1);
  EXPECT_FALSE(call.ended);
}

TEST_F(SwitchboardTraceTest, TracesACallThatWasRefusedAtOnce) {
  ready();
  dial("not-a-number");
  const CallTrace& call = only_call();
  EXPECT_THAT(ladder(call), ElementsAre("b> INVITE", "<b 100", "<b 484", "b> ACK"));
  EXPECT_EQ(call.ended.value().failure, "invalid_number");
  EXPECT_EQ(call.number, "not-a-number");
  EXPECT_THAT(calls_logged(), ElementsAre(std::to_string(std::uint64_t(call.id))));
  EXPECT_THAT(board->counters().calls(),
              ElementsAre(std::pair(
                  Counters::CallKey(Direction::Outbound, Outcome::Failed, "invalid_number"), 1U)));
}

TEST_F(SwitchboardTraceTest, TracesACallFromTheTrunkThatNobodyCanTake) {
  media_up();
  resolve();
  call_in();
  const CallTrace& call = only_call();
  EXPECT_EQ(call.direction, Direction::Inbound);
  EXPECT_EQ(call.number, "2125550106");
  EXPECT_EQ(call.ended.value().failure, "no_device");
}

TEST_F(SwitchboardTraceTest, TracesAnInviteThatIsRefusedBeforeItIsACall) {
  ready();
  board->handle_sip(trunk_flow(),
                    "INVITE sip:100001@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP "
                    "198.51.100.20;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\n"
                    "Call-ID: 1\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: "
                    "<sip:a@b>\r\nRequire: teleport\r\n\r\n",
                    now);
  pump();
  const CallTrace& call = only_call();
  EXPECT_THAT(ladder(call), ElementsAre("t> INVITE", "<t 420"));
  EXPECT_EQ(call.ended.value().sip_status, 420);
}

TEST_F(SwitchboardTraceTest, TracesWhatIsSentAgain) {
  ready();
  lost_flows.insert(trunk_flow());
  dial();
  advance(seconds(4));  // timer A: after 0.5, 1.5 and 3.5 s
  EXPECT_EQ(std::ranges::count(ladder(only_call()), "<t INVITE"), 4);
  EXPECT_EQ(board->status().retransmissions, 3U);
}

TEST_F(SwitchboardTraceTest, GivesEachCallATraceOfItsOwn) {
  ready();
  dial();
  dial("4747");
  ASSERT_THAT(board->trace().calls(), SizeIs(2));
  for (const auto& [id, call] : board->trace().calls()) {
    EXPECT_THAT(ladder(call), ElementsAre("b> INVITE", "<b 100", "<b 183", "<t INVITE", "t> 100"));
  }
}

TEST_F(SwitchboardTraceTest, TracesTheRegistrationOfATrunk) {
  Config registering = config();
  registering.trunks[0].registers = true;
  board = std::make_unique<Switchboard>(registering, random);
  ready();
  const auto arrived = provider->last<sip::RequestArrived>().value();
  auto challenged = sip::make_response(arrived.request, 401, "t");
  challenged.headers.www_authenticate = {challenge()};
  provider->agent.respond(arrived.id, challenged, now);
  pump();
  const auto again = provider->last<sip::RequestArrived>().value();
  const std::string answer = again.request.headers.authorization.at(0).response;
  const auto& messages = board->trace().registrations().at("voipms");
  ASSERT_THAT(messages, SizeIs(3));
  EXPECT_EQ(messages[1].summary, "401 Unauthorized (REGISTER)");
  EXPECT_THAT(messages[2].text, HasSubstr("username=\"100001\", realm=\"voip.ms\""));
  EXPECT_THAT(all_shown(), Not(HasSubstr(answer)));
  EXPECT_THAT(all_shown(), Not(HasSubstr("planted")));
}

TEST_F(SwitchboardTraceTest, ShowsNoSecret) {
  ready();
  dial();
  provider->agent.challenge(provider->last<sip::InviteReceived>().value().session, challenge(),
                            now);
  pump();
  const auto answered = provider->last<sip::InviteReceived>().value().request;
  const sip::Credentials digest = answered.headers.authorization.at(0);
  provider->agent.accept(
      provider->last<sip::InviteReceived>().value().session, provider_identity(),
      sample::trunk() + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:planted-key\r\n", now);
  pump();
  request_in_call(sip::Method::Info, "application/dtmf-relay", "Signal=7\r\nDuration=163\r\n");
  request_in_call(sip::Method::Info, "application/dtmf", "7");
  request_in_call(sip::Method::Message, "text/plain", "planted-words");
  dial(std::string("12") + '\x1b' + "[2J");

  const CallTrace& call = board->trace().calls().begin()->second;
  EXPECT_THAT(ladder(call), testing::Contains("b> INFO"));
  EXPECT_THAT(ladder(call), testing::Contains("b> MESSAGE"));
  const std::string shown = all_shown();
  for (const std::string& secret :
       {std::string("planted"), digest.response, digest.cnonce, sample::BrowserSdp{}.pwd,
        std::string("0123456789abcdef"), std::string("Signal"), std::string("Duration=163"),
        std::string("\x1b")}) {
    ASSERT_FALSE(secret.empty());
    EXPECT_THAT(shown, Not(HasSubstr(secret)));
  }
}

TEST_F(SwitchboardTraceTest, MeasuresHowLongTheOtherEndTakesToSayAWord) {
  ready();
  const auto session = dial();
  advance(milliseconds(300));
  provider->agent.ring(provider->last<sip::InviteReceived>().value().session, provider_identity(),
                       now);
  pump();
  advance(seconds(5));
  provider_answers();
  advance(seconds(60));
  tab().agent.hang_up(session, "", now);
  pump();
  EXPECT_DOUBLE_EQ(board->counters().setup().sum(), 0.3);
  EXPECT_DOUBLE_EQ(board->counters().talking().sum(), 60);
}

TEST_F(SwitchboardTraceTest, CountsWhatCannotBeRead) {
  ready();
  board->handle_sip(tab_flow(kTab), "INVITE sip:x SIP/2.0\r\nnonsense\r\n\r\n", now);
  EXPECT_EQ(board->counters().parse_errors().at(sip::Transport::Ws), 1U);
}

TEST_F(SwitchboardTraceTest, TellsHowManyCallsAreInWhichState) {
  ready();
  dial();
  EXPECT_EQ(board->status().connecting, 1U);
  EXPECT_EQ(board->status().web_sockets, 1U);
  provider->agent.ring(provider->last<sip::InviteReceived>().value().session, provider_identity(),
                       now);
  pump();
  EXPECT_EQ(board->status().ringing, 1U);
  provider_answers();
  EXPECT_EQ(board->status().connected, 1U);
  EXPECT_EQ(board->status().connecting + board->status().ringing, 0U);
}

}  // namespace
}  // namespace offhook::call
