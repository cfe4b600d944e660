#include "sip/registration_fixture.hpp"

// Other servers and other addresses of ours.
namespace offhook::sip {
namespace {

using namespace std::chrono_literals;

class RegistrationMovesTest : public RegistrationTest {
 protected:
  void move_to(const char* host, const char* contact = kContact) {
    NameAddress aor;
    aor.uri = *Uri::parse("sip:100001@" + std::string(host));
    NameAddress ours;
    ours.uri = *Uri::parse(contact);
    registration_.handle_moved(*Uri::parse("sip:" + std::string(host)), aor, ours, now_);
  }
  void challenge_from(const char* address, const char* port, const char* nonce = "n") {
    Response refused = response(401);
    refused.headers.www_authenticate.push_back({"r", nonce, "MD5", std::nullopt, {}, false});
    show_us_at(refused, address, port);
    reply(refused);
  }
  void grant_from(const char* address, const char* port) {
    Response granted = response(200);
    show_us_at(granted, address, port);
    reply(granted);
  }
  std::vector<std::string> contacts() const {
    std::vector<std::string> found;
    for (const NameAddress& contact : request_.headers.contact) {
      found.push_back(contact.uri.to_string() +
                      (contact.parameters.has("expires") ? " removed" : ""));
    }
    return found;
  }
};

using Contacts = std::vector<std::string>;
constexpr const char* kSeenContact = "sip:100001@203.0.113.9:40000";

TEST_F(RegistrationMovesTest, RegisteredMovedRegistersAtTheNewServerWithTheSameCallId) {
  become_registered();
  const Request before = request_;
  move_to("chicago1.voip.ms");
  expect_register();
  EXPECT_EQ(registration_.state(), State::Registering);
  EXPECT_EQ(request_.uri.to_string(), "sip:chicago1.voip.ms");
  EXPECT_EQ(request_.headers.to.uri.host, "chicago1.voip.ms");
  EXPECT_EQ(request_.headers.call_id, before.headers.call_id);
  EXPECT_EQ(request_.headers.from.tag(), before.headers.from.tag());
  EXPECT_EQ(request_.headers.cseq.number, before.headers.cseq.number + 1);
  EXPECT_EQ(contacts(), Contacts{kContact});
  EXPECT_FALSE(registration_.next_timeout());
}

TEST_F(RegistrationMovesTest, WaitingMovedDoesNotWaitAnyLonger) {
  start();
  reply(503);
  expect_state(State::Waiting);
  move_to("chicago1.voip.ms");
  expect_register();
  EXPECT_EQ(registration_.state(), State::Registering);
  EXPECT_FALSE(registration_.next_timeout());
}

TEST_F(RegistrationMovesTest, RegisteringMovedForgetsTheRequestUnderWay) {
  start();
  const Response late = response(200);
  move_to("chicago1.voip.ms");
  expect_register();
  reply(late);
  EXPECT_FALSE(poll());
  grant(300s);
  expect_state(State::Registered);
}

TEST_F(RegistrationMovesTest, IdleMovedTakesNoteOfIt) {
  move_to("chicago1.voip.ms");
  EXPECT_FALSE(poll());
  EXPECT_EQ(registration_.state(), State::Idle);
  start();
  EXPECT_EQ(request_.uri.to_string(), "sip:chicago1.voip.ms");
}

TEST_F(RegistrationMovesTest, UnregisteringMovedEndsWhereItBegan) {
  become_registered();
  registration_.stop(now_);
  expect_register();
  move_to("chicago1.voip.ms");
  EXPECT_FALSE(poll());
  reply(408);
  expect_state(State::Stopped);
  EXPECT_FALSE(failed_);
}

TEST_F(RegistrationMovesTest, FailingServersInTurnDoNotShortenTheBackOff) {
  start();
  for (int round = 0; round < 8; ++round) {
    reply(503);
    expect_state(State::Waiting);
    move_to(round % 2 == 0 ? "chicago1.voip.ms" : "atlanta1.voip.ms");
    expect_register();
  }
  reply(503);
  expect_state(State::Waiting);
  EXPECT_GE(until_next(), 150s);
}

TEST_F(RegistrationMovesTest, RemovesTheOldContactAtTheSameRegistrarOnly) {
  become_registered();
  move_to("atlanta1.voip.ms", "sip:100001@192.0.2.7:39000");
  expect_register();
  EXPECT_EQ(contacts(),
            (Contacts{"sip:100001@192.0.2.7:39000", std::string(kContact) + " removed"}));
  challenge("n");
  expect_register();
  EXPECT_EQ(request_.headers.contact.size(), 2U);
  reply(200);
  expect_state(State::Registered);
  advance();
  expect_register();
  EXPECT_EQ(contacts(), Contacts{"sip:100001@192.0.2.7:39000"});
  move_to("chicago1.voip.ms");
  expect_register();
  EXPECT_EQ(contacts(), Contacts{kContact});
}

TEST_F(RegistrationMovesTest, TriesWithOneContactWhereTwoAreRefused) {
  become_registered();
  move_to("atlanta1.voip.ms", "sip:100001@192.0.2.7:39000");
  expect_register();
  reply(400);
  expect_state(State::Waiting);
  advance();
  expect_register();
  EXPECT_EQ(contacts(), Contacts{"sip:100001@192.0.2.7:39000"});
}

TEST_F(RegistrationMovesTest, RegisteredNoServerWaitsUntilMoved) {
  become_registered();
  registration_.handle_no_server("nothing answers", now_);
  expect_state(State::Waiting);
  EXPECT_EQ(changed_.reason, "nothing answers");
  EXPECT_FALSE(changed_.retry_in);
  EXPECT_FALSE(registration_.next_timeout());
  reply(200);
  EXPECT_FALSE(poll());
  move_to("atlanta1.voip.ms");
  expect_register();
}

TEST_F(RegistrationMovesTest, RegisteringNoServerForgetsTheRequestUnderWay) {
  start();
  registration_.handle_no_server("nothing answers", now_);
  expect_state(State::Waiting);
  reply(200);
  EXPECT_FALSE(poll());
}

TEST_F(RegistrationMovesTest, WaitingNoServerDoesNotTryAgainByItself) {
  start();
  reply(503);
  expect_state(State::Waiting);
  registration_.handle_no_server("nothing answers", now_);
  expect_state(State::Waiting);
  EXPECT_FALSE(registration_.next_timeout());
}

TEST_F(RegistrationMovesTest, UnregisteringNoServerStops) {
  become_registered();
  registration_.stop(now_);
  expect_register();
  registration_.handle_no_server("nothing answers", now_);
  expect_state(State::Stopped);
  registration_.handle_no_server("nothing answers", now_);
  EXPECT_FALSE(poll());
}

TEST_F(RegistrationMovesTest, SaysOfEveryOtherAnswerThatTheServerIsAtWork) {
  start();
  challenge("n");
  expect_register();
  EXPECT_EQ(answers_, 1U);
  grant(300s);
  expect_state(State::Registered);
  EXPECT_EQ(answers_, 2U);
  advance();
  expect_register();
  reply(500);
  expect_state(State::Waiting);
  EXPECT_EQ(answers_, 3U);
  advance();
  expect_register();
  reply(503);
  expect_state(State::Waiting);
  EXPECT_EQ(answers_, 3U);
}

TEST_F(RegistrationMovesTest, LearnsItsAddressFromTheChallengeBeforeAnythingIsBound) {
  start();
  challenge_from("203.0.113.9", "40000");
  expect_register();
  EXPECT_EQ(learned_, std::vector{*Endpoint::parse("203.0.113.9:40000")});
  EXPECT_EQ(contacts(), Contacts{kSeenContact});
  EXPECT_EQ(registration_.contact().uri.to_string(), kSeenContact);
  grant_from("203.0.113.9", "40000");
  expect_state(State::Registered);
  EXPECT_EQ(learned_.size(), 1U);
}

TEST_F(RegistrationMovesTest,
       RegisteringSuccessSeenElsewhereRegistersFromThereAndRemovesTheOldContact) {
  start();
  grant_from("203.0.113.9", "40000");
  ASSERT_TRUE(std::holds_alternative<Registration::StateChanged>(*poll()));
  expect_register();
  EXPECT_EQ(learned_, std::vector{*Endpoint::parse("203.0.113.9:40000")});
  EXPECT_EQ(contacts(), (Contacts{kSeenContact, std::string(kContact) + " removed"}));
  grant_from("203.0.113.9", "40000");
  expect_state(State::Registered);
  advance();
  expect_register();
  EXPECT_EQ(contacts(), Contacts{kSeenContact});
}

TEST_F(RegistrationMovesTest, FollowsAPortThatChangesAllTheTimeEverMoreSeldom) {
  start();
  grant_from("203.0.113.9", "40000");
  ASSERT_TRUE(std::holds_alternative<Registration::StateChanged>(*poll()));
  int requests = 0;
  const Time end = now_ + 24h;
  for (int port = 40001; now_ < end; ++port) {
    expect_register();
    ++requests;
    grant_from("203.0.113.9", std::to_string(port).c_str());
    ASSERT_TRUE(std::holds_alternative<Registration::StateChanged>(*poll()));
    if (registration_.state() == State::Registered) advance();
  }
  EXPECT_LE(learned_.size(), 6U + 24U);
  EXPECT_LE(requests, 24 * 3600 / 240 + 30);
}

TEST_F(RegistrationMovesTest, FollowsANewAddressAtOnceWhereTheLastOneHadSettled) {
  start();
  challenge_from("203.0.113.9", "40000");
  expect_register();
  grant_from("203.0.113.9", "40000");
  expect_state(State::Registered);
  for (const char* port : {"40001", "40002"}) {
    advance();
    expect_register();
    grant_from("203.0.113.9", "40000");
    expect_state(State::Registered);
    advance();
    expect_register();
    challenge_from("203.0.113.9", port);
    expect_register();
    EXPECT_EQ(learned_.back().to_string(), std::string("203.0.113.9:") + port);
    grant_from("203.0.113.9", port);
    expect_state(State::Registered);
    move_to("atlanta1.voip.ms", kSeenContact);
    expect_register();
    grant_from("203.0.113.9", "40000");
    expect_state(State::Registered);
  }
}

TEST_F(RegistrationMovesTest, LearnsAnIpv6Address) {
  start();
  challenge_from("2001:db8::9", "5062");
  expect_register();
  EXPECT_EQ(contacts(), Contacts{"sip:100001@[2001:db8::9]:5062"});
}

TEST_F(RegistrationMovesTest, LearnsThePortAloneFromRport) {
  start();
  Response refused = response(401);
  refused.headers.www_authenticate.push_back({"r", "n", "MD5", std::nullopt, {}, false});
  show_us_at(refused, "", "40000");
  refused.headers.via[0].parameters.remove("received");
  reply(refused);
  expect_register();
  EXPECT_EQ(contacts(), Contacts{"sip:100001@192.0.2.7:40000"});
}

TEST_F(RegistrationMovesTest, LearnsNothingFromSenselessAddresses) {
  start();
  for (const auto& [address, port] :
       {std::pair{"0.0.0.0", "5062"}, std::pair{"here", "5062"}, std::pair{"203.0.113.9", "0"},
        std::pair{"203.0.113.9", "70000"}, std::pair{"203.0.113.9", ""}}) {
    Response refused = response(500);
    show_us_at(refused, address, port);
    reply(refused);
    expect_state(State::Waiting);
    EXPECT_TRUE(learned_.empty()) << address << " " << port;
    advance();
    expect_register();
  }
}

TEST_F(RegistrationMovesTest, KeepsAContactThatIsAName) {
  move_to("atlanta1.voip.ms", "sip:100001@gateway.example.com");
  start();
  challenge_from("203.0.113.9", "40000");
  expect_register();
  EXPECT_TRUE(learned_.empty());
  EXPECT_EQ(contacts(), Contacts{"sip:100001@gateway.example.com"});
}

TEST_F(RegistrationMovesTest, RecognisesItsBindingRewrittenToTheAddressSeenAmongOthers) {
  become_registered();
  advance();
  expect_register();
  Response granted = response(200);
  show_us_at(granted, "203.0.113.9", "40000");
  for (const auto& [uri, expires] :
       {std::pair{"sip:100001@198.51.100.9", "20"}, std::pair{kSeenContact, "200"}}) {
    NameAddress binding;
    binding.uri = *Uri::parse(uri);
    binding.parameters.set("expires", expires);
    granted.headers.contact.push_back(binding);
  }
  registration_.handle(granted, now_);
  ASSERT_TRUE(std::holds_alternative<Registration::StateChanged>(*poll()));
  expect_register();
  granted.headers.cseq = request_.headers.cseq;
  reply(granted);
  expect_state(State::Registered);
  EXPECT_GE(until_next(), 160s);
}

TEST_F(RegistrationMovesTest, LeavesTheBindingsOfOtherDevicesAlone) {
  start();
  Response granted = response(200);
  for (const char* uri : {"sip:100001@198.51.100.9", kContact}) {
    NameAddress binding;
    binding.uri = *Uri::parse(uri);
    binding.parameters.set("expires", "200");
    granted.headers.contact.push_back(binding);
  }
  reply(granted);
  expect_state(State::Registered);
  for (int round = 0; round < 3; ++round) {
    advance();
    expect_register();
    EXPECT_EQ(contacts(), Contacts{kContact});
    EXPECT_FALSE(request_.headers.contact_is_star);
    granted.headers.cseq = request_.headers.cseq;
    reply(granted);
    expect_state(State::Registered);
  }
  registration_.stop(now_);
  expect_register();
  EXPECT_EQ(contacts(), Contacts{kContact});
  EXPECT_FALSE(request_.headers.contact_is_star);
}

}  // namespace
}  // namespace offhook::sip
