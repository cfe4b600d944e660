#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/messages_test_bench.hpp"

// Text messages from the trunk (RFC 3428).
namespace offhook::call {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class SwitchboardMessagesInTest : public testing::Test, protected MessagesBench {};

TEST_F(SwitchboardMessagesInTest, TakesATrunksMessageToAllDevices) {
  ready();
  open(2);
  register_device(2, "<urn:2>");
  auto request = message("sip:2125550106@198.51.100.20", "100001", "Gr\xfc\xc3\x9f\r\ndich");
  request.headers.content_type = "text/plain;charset=utf-8";
  request.headers.remote_party_id.emplace().uri =
      *sip::Uri::parse("sip:+12125550199@198.51.100.20");
  request.headers.remote_party_id->display_name = "ANN";
  send(*provider, std::move(request));
  for (const std::uint64_t connection : {kTab, std::uint64_t{2}}) {
    const auto received = messages_at(*browsers.at(connection));
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].uri.to_string(), "sip:x7@y.invalid;transport=ws");
    EXPECT_EQ(received[0].headers.from.uri.to_string(), "sip:+12125550199@offhook.invalid");
    EXPECT_EQ(received[0].headers.from.display_name, "ANN");
    EXPECT_EQ(received[0].headers.to.uri.to_string(), "sip:demo@offhook.invalid");
    EXPECT_EQ(received[0].headers.content_type, "text/plain;charset=UTF-8");
    EXPECT_EQ(received[0].body, "Gr?\xc3\x9f\r\ndich") << "a WebSocket carries UTF-8 only";
    EXPECT_THAT(received[0].headers.contact, IsEmpty());
  }
  EXPECT_THAT(answers_to(*provider), IsEmpty());
  answer(*browsers.at(2), 200);
  EXPECT_THAT(answers_to(*provider), ElementsAre(200));
  answer(tab(), 480);
  EXPECT_THAT(answers_to(*provider), ElementsAre(200));
  EXPECT_EQ(texts(Direction::Inbound, "delivered"), 1U);
}

TEST_F(SwitchboardMessagesInTest, TellsTheProviderThatNoDeviceTookIt) {
  ready();
  open(2);
  register_device(2, "<urn:2>");
  write_in();
  answer(tab(), 405);
  EXPECT_THAT(answers_to(*provider), IsEmpty());
  answer(*browsers.at(2), 603);
  EXPECT_THAT(answers_to(*provider), ElementsAre(480));
  EXPECT_EQ(texts(Direction::Inbound, "no_device"), 1U);
}

TEST_F(SwitchboardMessagesInTest, TellsTheProviderThatThereIsNoDevice) {
  resolve();
  write_in();
  EXPECT_THAT(answers_to(*provider), ElementsAre(480));
}

TEST_F(SwitchboardMessagesInTest, TellsTheProviderInTimeThatDevicesAreSilent) {
  ready();
  write_in();
  advance(limits::kTextPatience - seconds(1));
  EXPECT_THAT(answers_to(*provider), IsEmpty());
  advance(seconds(1));
  EXPECT_THAT(answers_to(*provider), ElementsAre(480)) << "never 408: RFC 4320 4.2";
  answer(tab(), 200);  // too late
  advance(minutes(2) + seconds(30));
  EXPECT_THAT(answers_to(*provider), ElementsAre(480));
  EXPECT_EQ(board->status().transactions, 0U);
}

TEST_F(SwitchboardMessagesInTest, CountsADeviceThatIsLostAsOneThatDidNotTakeIt) {
  ready();
  write_in();
  close(kTab);
  EXPECT_THAT(answers_to(*provider), ElementsAre(480));
}

TEST_F(SwitchboardMessagesInTest, TakesFromTheTrunkPlainTextOfItsAccountOnly) {
  Config two = config();
  two.trunks.push_back(two.trunks[0]);
  two.trunks[1].name = "second";
  two.trunks[1].account.username = "100002";
  make(two);
  write_in("2125550106");
  EXPECT_THAT(answers_to(*provider), ElementsAre(404)) << "which of the two accounts?";
  auto request = message("sip:2125550106@198.51.100.20", "100002", "<isComposing/>");
  request.headers.content_type = "application/im-iscomposing+xml";
  send(*provider, std::move(request));
  EXPECT_EQ(answers_to(*provider).back(), 415);
  EXPECT_THAT(answer_to(*provider).headers.accept, ElementsAre("text/plain"));
  write_in("100002", std::string(limits::kTextBytes + 1, 'x'));
  EXPECT_EQ(answers_to(*provider).back(), 513);
  EXPECT_THAT(messages_at(tab()), IsEmpty());
  write_in("100002", std::string(limits::kTextBytes, 'x'));
  EXPECT_EQ(messages_at(tab()).size(), 1U);
}

TEST_F(SwitchboardMessagesInTest, TakesOnlySoManyOfATrunkInAMinute) {
  ready();
  for (std::size_t i = 0; i < limits::kTextsAMinute; ++i) {
    write_in();
    answer(tab(), 200);
  }
  write_in();
  EXPECT_EQ(messages_at(tab()).size(), limits::kTextsAMinute);
  EXPECT_EQ(answers_to(*provider).back(), 503);
  advance(minutes(1));
  write_in();
  answer(tab(), 200);
  EXPECT_EQ(answers_to(*provider).back(), 200);
}

TEST_F(SwitchboardMessagesInTest, HearsNothingFromStrangers) {
  ready();
  const auto before = board->status().dropped;
  const sip::Flow stranger{sip::Transport::Udp, 0, kLocal, *Endpoint::parse("203.0.113.9:5060")};
  auto request = message("sip:2125550106@198.51.100.20", "100001", "hello");
  request.headers.via.emplace_back().host = "203.0.113.9";
  board->handle_sip(stranger, sip::serialize(request), now);
  pump();
  EXPECT_EQ(board->status().dropped, before + 1);
  EXPECT_THAT(messages_at(tab()), IsEmpty());
}

}  // namespace
}  // namespace offhook::call
