#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "call/switchboard_test_bench.hpp"

// Message waiting (RFC 3842), from a trunk to the devices.
namespace offhook::call {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class SwitchboardMailboxTest : public testing::Test, protected SwitchboardBench {
 protected:
  TestPeer& tab() { return *browsers.at(kTab); }
  sip::Request notify(const std::string& account, std::string body) {
    sip::Request request;
    request.method = sip::Method::Notify;
    request.uri.user = account;
    request.uri.host = "192.0.2.10";
    sip::Headers& headers = request.headers;
    headers.from.uri = *sip::Uri::parse("sip:asterisk@198.51.100.20");
    headers.from.set_tag("f");
    headers.to.uri = request.uri;
    headers.call_id = random.hex(8);
    headers.cseq = {102, sip::Method::Notify, {}};
    headers.max_forwards = std::uint8_t{70};
    headers.contact = {provider_identity().contact};
    headers.event = "message-summary";
    headers.content_type = "application/simple-message-summary";
    request.body = std::move(body);
    return request;
  }
  std::uint16_t tell(const std::string& body, const std::string& account = "100001") {
    return request_from(*provider, notify(account, body)).status;
  }
  static std::vector<sip::Request> notices(const TestPeer& peer) {
    std::vector<sip::Request> found;
    for (const sip::Message& each : peer.received) {
      const auto* request = std::get_if<sip::Request>(&each);
      if (request != nullptr && request->method == sip::Method::Notify) found.push_back(*request);
    }
    return found;
  }
  static std::vector<std::string> bodies(const TestPeer& peer) {
    std::vector<std::string> found;
    for (const sip::Request& each : notices(peer)) found.push_back(each.body);
    return found;
  }
};

TEST_F(SwitchboardMailboxTest, TellsAllDevicesInItsOwnWords) {
  ready();
  open(2);
  register_device(2, "<urn:2>");
  EXPECT_EQ(tell("Messages-Waiting: yes\r\nMessage-Account: sip:planted@198.51.100.20\r\n"
                 "Voice-Message: 2/8\r\n\r\nSubject: planted\r\n"),
            200);
  for (const std::uint64_t connection : {kTab, std::uint64_t{2}}) {
    const auto received = notices(*browsers.at(connection));
    ASSERT_THAT(received, SizeIs(1));
    EXPECT_EQ(received[0].uri.to_string(), "sip:x7@y.invalid;transport=ws");
    EXPECT_EQ(received[0].headers.event, "message-summary");
    EXPECT_EQ(received[0].headers.subscription_state, "active");
    EXPECT_EQ(received[0].headers.content_type, "application/simple-message-summary");
    EXPECT_EQ(received[0].headers.from.uri.to_string(), "sip:demo@offhook.invalid");
    EXPECT_THAT(received[0].headers.contact, SizeIs(1));
    EXPECT_TRUE(received[0].headers.to.tag().empty()) << "outside of any dialog";
    EXPECT_EQ(received[0].body, "Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/0)\r\n");
  }
  EXPECT_EQ(logged("mailbox_changed"), 1U);
}

TEST_F(SwitchboardMailboxTest, TellsAPageThatComesLater) {
  resolve();
  EXPECT_EQ(tell("Messages-Waiting: yes\r\n"), 200);
  open(kTab);
  register_device(kTab);
  EXPECT_THAT(bodies(tab()), ElementsAre("Messages-Waiting: yes\r\n"));
  register_device(kTab);
  EXPECT_THAT(bodies(tab()), SizeIs(1)) << "a refresh needs no repetition";
  close(kTab);
  open(2);
  register_device(2);
  EXPECT_THAT(bodies(*browsers.at(2)), SizeIs(1)) << "the same device, over a new connection";
}

TEST_F(SwitchboardMailboxTest, TellsNothingWhereTheProviderHasSaidNothing) {
  ready();
  EXPECT_THAT(bodies(tab()), IsEmpty());
  EXPECT_EQ(board->status().trunks.at(0).mailbox, std::nullopt);
}

TEST_F(SwitchboardMailboxTest, TellsChangesOnly) {
  ready();
  EXPECT_EQ(tell("Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n"), 200);
  EXPECT_EQ(tell("messages-waiting: YES\nvoice-message: 1/0 (0/0)\n"), 200);
  EXPECT_THAT(bodies(tab()), SizeIs(1));
  EXPECT_EQ(tell("Messages-Waiting: no\r\nVoice-Message: 0/1\r\n"), 200);
  EXPECT_THAT(bodies(tab()), ElementsAre("Messages-Waiting: yes\r\nVoice-Message: 1/0 (0/0)\r\n",
                                         "Messages-Waiting: no\r\nVoice-Message: 0/1 (0/0)\r\n"));
  const auto mailbox = board->status().trunks.at(0).mailbox;
  ASSERT_TRUE(mailbox);
  EXPECT_FALSE(mailbox->waiting);
  EXPECT_EQ(mailbox->voice.value().heard, 1U);
}

TEST_F(SwitchboardMailboxTest, AddsTheMailboxesOfAllTrunksOfAUser) {
  Config two = config();
  two.trunks.push_back(two.trunks[0]);
  two.trunks[1].name = "second";
  two.trunks[1].account.username = "100002";
  board = std::make_unique<Switchboard>(two, random);
  ready();
  EXPECT_EQ(tell("Messages-Waiting: yes\r\nVoice-Message: 2/1\r\n", "100001"), 200);
  EXPECT_EQ(tell("Messages-Waiting: no\r\nVoice-Message: 0/4\r\n", "100002"), 200);
  ASSERT_THAT(bodies(tab()), SizeIs(2));
  EXPECT_EQ(bodies(tab())[1], "Messages-Waiting: yes\r\nVoice-Message: 2/5 (0/0)\r\n");
  EXPECT_EQ(tell("Messages-Waiting: yes\r\n", "somebody"), 481) << "of which account?";
  EXPECT_EQ(board->status().trunks.at(1).mailbox.value().voice.value().heard, 4U);
}

TEST_F(SwitchboardMailboxTest, RefusesWhatItCannotUse) {
  ready();
  EXPECT_EQ(tell("Voice-Message: 2/8\r\n"), 400);
  auto other = notify("100001", "Messages-Waiting: yes\r\n");
  other.headers.event = "dialog";
  EXPECT_EQ(request_from(*provider, other).status, 489);
  other = notify("100001", "Messages-Waiting: yes\r\n");
  other.headers.content_type = "text/plain";
  const auto refused = request_from(*provider, other);
  EXPECT_EQ(refused.status, 415);
  EXPECT_THAT(refused.headers.accept, ElementsAre("application/simple-message-summary"));
  other = notify("100001", "Messages-Waiting: yes\r\n");
  other.headers.to.set_tag("of-a-subscription");
  EXPECT_EQ(request_from(*provider, other).status, 481);
  other = notify("100001", "");
  other.headers.content_type.clear();
  other.headers.subscription_state = "terminated";
  EXPECT_EQ(request_from(*provider, other).status, 200);
  EXPECT_THAT(bodies(tab()), IsEmpty());
  EXPECT_EQ(board->status().trunks.at(0).mailbox, std::nullopt);
}

TEST_F(SwitchboardMailboxTest, TakesNoneFromBrowsersAndStrangers) {
  ready();
  auto request = notify("100001", "Messages-Waiting: yes\r\n");
  EXPECT_EQ(request_from(tab(), request).status, 489);
  const sip::Flow stranger{sip::Transport::Udp, 0, kLocal, *Endpoint::parse("203.0.113.9:5060")};
  request.headers.call_id = "of-a-stranger";
  request.headers.via.emplace_back().host = "203.0.113.9";
  board->handle_sip(stranger, sip::serialize(request), now);
  pump();
  EXPECT_THAT(bodies(tab()), IsEmpty());
  EXPECT_EQ(board->status().trunks.at(0).mailbox, std::nullopt);
}

TEST_F(SwitchboardMailboxTest, TakesOnlySoManyChangesInAMinute) {
  ready();
  const auto count = [](std::size_t unheard) {
    return "Messages-Waiting: yes\r\nVoice-Message: " + std::to_string(unheard) + "/0\r\n";
  };
  for (std::size_t i = 0; i < limits::kTextsAMinute; ++i) ASSERT_EQ(tell(count(i)), 200);
  EXPECT_EQ(tell(count(limits::kTextsAMinute)), 503);
  EXPECT_THAT(bodies(tab()), SizeIs(limits::kTextsAMinute));
  EXPECT_EQ(tell(count(limits::kTextsAMinute - 1)), 200) << "no change costs nothing";
  advance(minutes(1));
  EXPECT_EQ(tell(count(0)), 200);
  EXPECT_THAT(bodies(tab()), SizeIs(limits::kTextsAMinute + 1));
}

TEST_F(SwitchboardMailboxTest, DoesNotMindADeviceThatRefusesTheNotice) {
  ready();
  EXPECT_EQ(tell("Messages-Waiting: yes\r\n"), 200);
  const auto arrived = tab().last<sip::RequestArrived>().value();
  tab().agent.respond(arrived.id, sip::make_response(arrived.request, 481, "t"), now);
  pump();
  advance(minutes(2) + seconds(30));
  EXPECT_EQ(board->status().transactions, 0U);
  EXPECT_EQ(board->status().devices, 1U);
}

}  // namespace
}  // namespace offhook::call
