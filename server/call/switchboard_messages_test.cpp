#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/messages_test_bench.hpp"
#include "sip/digest.hpp"

// Text messages from browsers (RFC 3428).
namespace offhook::call {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SwitchboardMessagesTest : public testing::Test, protected MessagesBench {};

TEST_F(SwitchboardMessagesTest, SendsABrowsersMessageThroughTheTrunk) {
  ready();
  write("+1 (212) 555-0100", "Gr\xc3\xbc\xc3\x9f dich\r\nX: y");
  ASSERT_EQ(messages_at(*provider).size(), 1U);
  const sip::Request sent = messages_at(*provider)[0];
  EXPECT_EQ(sent.uri.to_string(), "sip:12125550100@atlanta1.voip.ms");
  EXPECT_EQ(sent.headers.to.uri.to_string(), "sip:12125550100@atlanta1.voip.ms");
  EXPECT_EQ(sent.headers.from.uri.to_string(), "sip:100001@atlanta1.voip.ms");
  EXPECT_FALSE(sent.headers.from.tag().empty());
  EXPECT_EQ(sent.headers.content_type, "text/plain;charset=UTF-8");
  EXPECT_EQ(sent.body, "Gr\xc3\xbc\xc3\x9f dich\r\nX: y");
  EXPECT_THAT(sent.headers.contact, IsEmpty()) << "RFC 3428 4";
  EXPECT_THAT(answers_to(tab()), IsEmpty()) << "the provider has not answered";
  answer(*provider, 200);
  EXPECT_THAT(answers_to(tab()), ElementsAre(200));
  EXPECT_EQ(texts(Direction::Outbound, "delivered"), 1U);
  EXPECT_FALSE(log_holds("dich"));
  EXPECT_FALSE(log_holds("5550100"));
}

TEST_F(SwitchboardMessagesTest, TellsABrowserThatTheProviderWillDeliverItLater) {
  ready();
  write();
  answer(*provider, 202);
  EXPECT_THAT(answers_to(tab()), ElementsAre(202));
}

TEST_F(SwitchboardMessagesTest, ShowsTheCallerIdOfTheAccount) {
  Config shown = config();
  shown.trunks[0].caller_id = "2125550106";
  make(shown);
  write();
  const auto caller = messages_at(*provider).at(0).headers.remote_party_id;
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->uri.user, "2125550106");
}

TEST_F(SwitchboardMessagesTest, AnswersTheTrunksChallenge) {
  ready();
  for (const std::uint16_t status : {std::uint16_t{401}, std::uint16_t{407}}) {
    write();
    const sip::Request first = messages_at(*provider).back();
    EXPECT_THAT(first.headers.authorization, IsEmpty());
    answer(*provider, status, {challenge("voip.ms")});
    const sip::Request second = messages_at(*provider).back();
    const auto& credentials =
        status == 407 ? second.headers.proxy_authorization : second.headers.authorization;
    ASSERT_EQ(credentials.size(), 1U);
    EXPECT_TRUE(sip::verify(credentials[0], "MESSAGE", "planted-password"));
    EXPECT_EQ(credentials[0].uri, second.uri.to_string());
    EXPECT_EQ(second.headers.call_id, first.headers.call_id);
    EXPECT_EQ(second.headers.from, first.headers.from);
    EXPECT_EQ(second.headers.cseq.number, first.headers.cseq.number + 1);
    EXPECT_EQ(second.body, first.body);
    answer(*provider, 200);
    EXPECT_EQ(answers_to(tab()).back(), 200);
  }
}

TEST_F(SwitchboardMessagesTest, TellsTheUserWhenTheProviderRefusesThePassword) {
  ready();
  write();
  answer(*provider, 401, {challenge("voip.ms")});
  answer(*provider, 401, {challenge("voip.ms", "MD5", "another")});
  EXPECT_EQ(messages_at(*provider).size(), 2U);
  EXPECT_THAT(answers_to(tab()), ElementsAre(502));
  EXPECT_THAT(answer_to(tab()).headers.reason, HasSubstr("account's name or password"));
}

TEST_F(SwitchboardMessagesTest, StopsAnsweringChallengesThatAreAlwaysStale) {
  ready();
  write();
  for (int i = 0; i < 10 && answers_to(tab()).empty(); ++i) {
    auto stale = challenge("voip.ms", "MD5", "nonce" + std::to_string(i));
    stale.stale = true;
    answer(*provider, 401, {stale});
  }
  EXPECT_EQ(messages_at(*provider).size(), 1 + limits::kDigestAttempts);
  EXPECT_THAT(answers_to(tab()), ElementsAre(502));
}

TEST_F(SwitchboardMessagesTest, AnswersInNoOtherRealmThanTheFirst) {
  ready();
  write();
  answer(*provider, 407, {challenge("voip.ms")});
  answer(*provider, 401, {challenge("elsewhere.example")});
  EXPECT_EQ(messages_at(*provider).size(), 2U);
  EXPECT_THAT(answers_to(tab()), ElementsAre(502));
}

TEST_F(SwitchboardMessagesTest, AnswersInTheRealmAndWithTheStrengthOfTheRegistrationOnly) {
  Config registering = config();
  registering.trunks[0].registers = true;
  make(registering);
  answer(*provider, 401, {challenge("voip.ms", "SHA-256")});
  answer(*provider, 200);
  ASSERT_EQ(board->status().trunks.at(0).state, "registered");
  for (const sip::Challenge& other :
       {challenge("elsewhere.example", "SHA-256"), challenge("voip.ms", "MD5")}) {
    const auto before = messages_at(*provider).size();
    write();
    answer(*provider, 401, {other});
    EXPECT_EQ(messages_at(*provider).size(), before + 1) << other.realm << " " << other.algorithm;
    EXPECT_EQ(answers_to(tab()).back(), 502);
  }
  write();
  answer(*provider, 401, {challenge("voip.ms", "SHA-256")});
  answer(*provider, 200);
  EXPECT_EQ(answers_to(tab()).back(), 200);
}

TEST_F(SwitchboardMessagesTest, TellsTheUserInWordsWhatTheProviderSays) {
  struct Row {
    std::uint16_t provider;
    std::uint16_t browser;
    const char* words;
  };
  ready();
  for (const Row& row :
       {Row{403, 403, "does not allow this message"}, Row{404, 404, "This number does not exist"},
        Row{405, 502, "did not take the message"}, Row{408, 480, "cannot be delivered now"},
        Row{413, 513, "too long"}, Row{415, 488, "does not take messages of this kind"},
        Row{480, 480, "cannot be delivered now"}, Row{484, 484, "incomplete"},
        Row{302, 502, "did not take the message"}, Row{500, 502, "did not take the message"},
        Row{503, 503, "takes no messages now"}, Row{513, 513, "too long"},
        Row{603, 603, "was declined"}}) {
    write();
    answer(*provider, row.provider);
    EXPECT_EQ(answers_to(tab()).back(), row.browser) << row.provider;
    EXPECT_THAT(answer_to(tab()).headers.reason, HasSubstr(row.words)) << row.provider;
    EXPECT_THAT(answer_to(tab()).headers.reason,
                HasSubstr("SIP;cause=" + std::to_string(row.browser)));
  }
  EXPECT_EQ(texts(Direction::Outbound, "number_not_found"), 1U);
}

TEST_F(SwitchboardMessagesTest, TakesPlainTextInUtf8Only) {
  ready();
  for (const char* type :
       {"", "text/html", "message/cpim", "text/plain;charset=iso-8859-1", "text/plainer"}) {
    auto request = message("sip:demo@offhook.invalid", "2125550100", "hello");
    request.headers.content_type = type;
    send(tab(), std::move(request));
    EXPECT_EQ(answers_to(tab()).back(), 415) << type;
    EXPECT_THAT(answer_to(tab()).headers.accept, ElementsAre("text/plain"));
  }
  write("2125550100", "Gr\xfc\xdf dich");
  EXPECT_EQ(answers_to(tab()).back(), 415) << "not UTF-8";
  EXPECT_THAT(messages_at(*provider), IsEmpty());
  for (const char* type : {"text/plain", "Text/Plain ; charset=\"utf-8\"",
                           "text/plain;format=flowed;charset=US-ASCII"}) {
    auto request = message("sip:demo@offhook.invalid", "2125550100", "hello");
    request.headers.content_type = type;
    send(tab(), std::move(request));
    answer(*provider, 200);
    EXPECT_EQ(answers_to(tab()).back(), 200) << type;
  }
}

TEST_F(SwitchboardMessagesTest, SendsAsManyBytesAsAMessageMayHaveAndNoneMore) {
  ready();
  const std::size_t room = longest_text();
  write("2125550100", std::string(room, 'x'));
  ASSERT_EQ(messages_at(*provider).size(), 2U);
  EXPECT_EQ(sip::serialize(messages_at(*provider).back()).size(), limits::kTextRequestBytes);
  for (const std::size_t length : {room + 1, limits::kTextRequestBytes + 1}) {
    write("2125550100", std::string(length, 'x'));
    EXPECT_EQ(answers_to(tab()).back(), 513) << length;
    EXPECT_THAT(answer_to(tab()).headers.reason, HasSubstr("too long"));
  }
  EXPECT_EQ(messages_at(*provider).size(), 2U);
}

TEST_F(SwitchboardMessagesTest, RefusesOneThatIsTooLongOnlyWithItsCredentials) {
  ready();
  write("2125550100", std::string(longest_text(), 'x'));
  ASSERT_EQ(messages_at(*provider).size(), 2U);
  answer(*provider, 401, {challenge("voip.ms")});
  EXPECT_EQ(messages_at(*provider).size(), 2U);
  EXPECT_THAT(answers_to(tab()), ElementsAre(513));
}

TEST_F(SwitchboardMessagesTest, PassesTheDialGate) {
  Config strict = config();
  strict.dial.user.forbidden = {*DialPrefix::parse("+1900")};
  strict.dial.user.calls_a_minute = 2;
  make(strict);
  write("1 900 555 0100");
  EXPECT_THAT(answers_to(tab()), ElementsAre(403));
  EXPECT_THAT(answer_to(tab()).headers.reason, HasSubstr("Messages to this number"));
  for (int i = 0; i < 2; ++i) {
    write();
    answer(*provider, 200);
  }
  write();
  EXPECT_THAT(answers_to(tab()), ElementsAre(403, 200, 200, 503));
  EXPECT_THAT(answer_to(tab()).headers.reason, HasSubstr("Too many messages were sent"));
  EXPECT_EQ(messages_at(*provider).size(), 2U);
  EXPECT_EQ(board->counters().dials().at({"message", "forbidden_destination"}), 1U);
  EXPECT_EQ(board->counters().dials().at({"message", "allowed"}), 2U);
  EXPECT_EQ(board->counters().dials().at({"message", "too_many_calls_a_minute"}), 1U);
  dial();
  EXPECT_EQ(provider->count<sip::InviteReceived>(), 1U) << "calls are counted apart";
}

TEST_F(SwitchboardMessagesTest, RefusesWhatLeadsNowhere) {
  ready();
  write("alice");
  EXPECT_EQ(answers_to(tab()).back(), 484);
  open(2);
  send(*browsers.at(2), message("sip:demo@offhook.invalid", "2125550100", "hello"));
  EXPECT_EQ(answers_to(*browsers.at(2)).back(), 403) << "has not registered";
  board->shut_down(now);
  write();
  EXPECT_EQ(answers_to(tab()).back(), 503);
  EXPECT_THAT(answer_to(tab()).headers.reason, HasSubstr("being restarted"));
  EXPECT_THAT(messages_at(*provider), IsEmpty());
}

TEST_F(SwitchboardMessagesTest, RefusesMessagesOfAUserWithoutATrunk) {
  Config none = config();
  none.trunks.clear();
  make(none);
  write();
  EXPECT_THAT(answers_to(tab()), ElementsAre(503));
  EXPECT_THAT(answer_to(tab()).headers.reason, HasSubstr("No provider is set up"));
}

TEST_F(SwitchboardMessagesTest, RefusesMessagesWhileTheTrunkIsUnresolved) {
  zone.clear();
  ready();
  write();
  EXPECT_THAT(answers_to(tab()), ElementsAre(503));
  EXPECT_THAT(answer_to(tab()).headers.reason, HasSubstr("address cannot be found"));
}

TEST_F(SwitchboardMessagesTest, GoesOnWithoutMedia) {
  resolve();
  open(kTab);
  register_device(kTab);
  write();
  answer(*provider, 200);
  EXPECT_THAT(answers_to(tab()), ElementsAre(200));
}

TEST_F(SwitchboardMessagesTest, TellsTheUserInTimeThatTheProviderIsSilent) {
  ready();
  write();
  advance(limits::kTextPatience - seconds(1));
  EXPECT_THAT(answers_to(tab()), IsEmpty());
  advance(seconds(1));
  EXPECT_THAT(answers_to(tab()), ElementsAre(504));
  answer(*provider, 200);  // too late
  advance(minutes(2) + seconds(30));
  EXPECT_THAT(answers_to(tab()), ElementsAre(504));
  EXPECT_EQ(board->status().transactions, 0U);
}

TEST_F(SwitchboardMessagesTest, SendsARepeatedRequestOnOnce) {
  ready();
  const auto request = message("sip:demo@offhook.invalid", "2125550100", "hello");
  sip::Request on_the_wire = request;
  auto& via = on_the_wire.headers.via.emplace_back();
  via.transport = "WS";
  via.host = "y.invalid";
  via.parameters.set("branch", "z9hG4bKtwice");
  for (int i = 0; i < 2; ++i) {
    board->handle_sip(tab_flow(kTab), sip::serialize(on_the_wire), now);
    pump();
  }
  EXPECT_EQ(messages_at(*provider).size(), 1U);
}

TEST_F(SwitchboardMessagesTest, TriesTheNextServerAfterA503) {
  zone["atlanta1.voip.ms"] = {kProvider.address, kSecondProvider.address};
  ready();
  write();
  TestPeer& first = messages_at(*provider).empty() ? *second_provider : *provider;
  TestPeer& second = messages_at(*provider).empty() ? *provider : *second_provider;
  answer(first, 503);
  ASSERT_EQ(messages_at(second).size(), 1U);
  EXPECT_THAT(answers_to(tab()), IsEmpty());
  answer(second, 200);
  EXPECT_THAT(answers_to(tab()), ElementsAre(200));
}

TEST_F(SwitchboardMessagesTest, TriesNoOtherServerWhenTheFirstIsSilent) {
  zone["atlanta1.voip.ms"] = {kProvider.address, kSecondProvider.address};
  ready();
  lost_flows = {{sip::Transport::Udp, 0, kLocal, kProvider},
                {sip::Transport::Udp, 0, kLocal, kSecondProvider}};
  write();
  lost_flows.clear();
  const auto first = flows_wanted.size();
  advance(limits::kTextPatience);
  EXPECT_EQ(flows_wanted.size(), first);
  EXPECT_EQ(messages_at(*provider).empty(), !messages_at(*second_provider).empty())
      << "only repeated to the same";
  EXPECT_THAT(answers_to(tab()), ElementsAre(504));
}

TEST_F(SwitchboardMessagesTest, WaitsForTheWayToTheServer) {
  flows_open = false;
  ready();
  write();
  write();
  EXPECT_THAT(messages_at(*provider), IsEmpty());
  answer_flow(flows_wanted.at(0));
  pump();
  EXPECT_EQ(messages_at(*provider).size(), 2U);
}

TEST_F(SwitchboardMessagesTest, TellsTheUserWhenThereIsNoWayToTheServer) {
  flows_open = false;
  ready();
  write();
  const OpenFlow wanted = flows_wanted.at(0);
  board->handle_trunk_flow(wanted.trunk, wanted.target, failure("refused"), now);
  pump();
  EXPECT_THAT(answers_to(tab()), ElementsAre(504));
}

TEST_F(SwitchboardMessagesTest, RefusesOneTooManyOnItsWay) {
  ready();
  lost_flows.insert(trunk_flow());
  const std::size_t batch = limits::kTexts / 5;
  for (int i = 0; i < 5; ++i) {
    if (i > 0) advance(seconds(4));
    for (std::size_t k = 0; k < batch; ++k) write();
  }
  ASSERT_THAT(answers_to(tab()), IsEmpty());
  write();
  EXPECT_THAT(answers_to(tab()), ElementsAre(503));
  EXPECT_THAT(answer_to(tab()).headers.reason, HasSubstr("Too many messages are being sent"));
}

TEST_F(SwitchboardMessagesTest, AnswersWhatIsOnItsWayWhenItShutsDown) {
  ready();
  write();
  write_in();
  board->shut_down(now);
  pump();
  EXPECT_THAT(answers_to(tab()), ElementsAre(503));
  EXPECT_THAT(answers_to(*provider), ElementsAre(503));
  advance(seconds(2));
  EXPECT_TRUE(all_ended);
}

TEST_F(SwitchboardMessagesTest, SurvivesABrowserThatGoesBeforeTheAnswer) {
  ready();
  write();
  close(kTab);
  answer(*provider, 200);
  EXPECT_EQ(texts(Direction::Outbound, "delivered"), 1U);
  advance(minutes(2) + seconds(30));
  EXPECT_EQ(board->status().transactions, 0U);
}

TEST_F(SwitchboardMessagesTest, SaysThatItTakesMessages) {
  ready();
  auto options = message("sip:demo@offhook.invalid", "demo", "");
  options.method = sip::Method::Options;
  options.headers.cseq.method = sip::Method::Options;
  options.headers.content_type.clear();
  EXPECT_THAT(request_from(tab(), options).headers.allow, testing::Contains("MESSAGE"));
}

}  // namespace
}  // namespace offhook::call
