#include "ice/agent.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace offhook::ice {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Check {
  bool use_candidate = false;
  bool controlled = false;
  std::string username = "gateway:browser";
  std::string pwd = "the gateway's password";
  std::optional<TransactionId> id = std::nullopt;
  std::uint16_t extra_attribute = 0;
};

class IceLiteAgentTest : public testing::Test {
 protected:
  Bytes write(const Check& check) {
    TransactionId id{};
    random.fill(id);
    std::array<std::uint8_t, 256> buffer;
    StunBuilder builder(buffer, StunClass::Request, kBindingMethod, check.id.value_or(id));
    builder.add(attribute::kUsername, as_bytes(check.username));
    builder.add_u32(attribute::kPriority, 1);
    builder.add_u64(check.controlled ? attribute::kIceControlled : attribute::kIceControlling, 7);
    if (check.use_candidate) builder.add_flag(attribute::kUseCandidate);
    if (check.extra_attribute != 0) builder.add_flag(check.extra_attribute);
    const ByteView datagram = builder.finish(as_bytes(check.pwd));
    return {datagram.begin(), datagram.end()};
  }

  // The answer's bytes; empty where there is none.
  Bytes feed(const Bytes& datagram, const Endpoint& source) {
    const auto message = StunMessage::parse(datagram);
    std::array<std::uint8_t, kMaxStunResponseBytes> response;
    const ByteView answer = agent.handle(message.value(), source, now, response);
    return {answer.begin(), answer.end()};
  }

  Bytes check(const Endpoint& source, const Check& check = {}) {
    return feed(write(check), source);
  }

  // Names of the outputs so far, in order.
  std::vector<std::string> drain() {
    std::vector<std::string> names;
    while (auto output = agent.poll_output()) {
      if (const auto* pair = std::get_if<PairSelected>(&*output)) {
        names.push_back("selected " + pair->remote.to_string());
      } else if (std::holds_alternative<Disconnected>(*output)) {
        names.emplace_back("disconnected");
      } else if (std::holds_alternative<Reconnected>(*output)) {
        names.emplace_back("reconnected");
      } else {
        names.emplace_back("timed out");
      }
    }
    return names;
  }

  void advance(Duration by) {
    now += by;
    agent.handle_timeout(now);
  }

  static std::optional<int> error_in(const Bytes& answer) {
    const auto message = StunMessage::parse(answer);
    return message ? message->error_code() : std::nullopt;
  }

  using Names = std::vector<std::string>;
  SeededRandom random{1};
  Time now{seconds(1000)};
  IceLiteAgent agent{{.ufrag = "gateway", .pwd = "the gateway's password"}};
  const Endpoint first = *Endpoint::parse("192.0.2.10:1000");
  const Endpoint second = *Endpoint::parse("198.51.100.20:2000");
  const Endpoint stranger = *Endpoint::parse("203.0.113.66:6666");
};

TEST_F(IceLiteAgentTest, AnswersACheckWithTheMappedAddressAndItsPassword) {
  const TransactionId id{9, 8, 7};
  const Bytes answer = check(first, {.id = id});
  const auto message = StunMessage::parse(answer);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->message_class(), StunClass::Success);
  EXPECT_EQ(message->transaction_id(), id);
  EXPECT_EQ(message->xor_mapped_address(), first);
  EXPECT_TRUE(message->has_fingerprint());
  EXPECT_TRUE(message->has_valid_integrity(as_bytes(agent.local().pwd)));
}

TEST_F(IceLiteAgentTest, SelectsTheFirstCheckedAddressBeforeTheRemoteIsKnown) {
  EXPECT_FALSE(agent.selected());
  EXPECT_FALSE(agent.accepts_from(first, now));
  EXPECT_FALSE(check(first).empty());
  EXPECT_EQ(drain(), Names{"selected 192.0.2.10:1000"});
  EXPECT_EQ(agent.selected(), first);
  EXPECT_TRUE(agent.accepts_from(first, now));
}

TEST_F(IceLiteAgentTest, MovesOnUseCandidateAndKeepsTheOldPairReceivableForFiveSeconds) {
  check(first, {.use_candidate = true});
  advance(seconds(4));
  check(second, {.use_candidate = true});
  EXPECT_EQ(drain(), Names{"selected 198.51.100.20:2000"});
  EXPECT_TRUE(agent.accepts_from(first, now));
  advance(kReceivableFor - milliseconds(1));
  EXPECT_TRUE(agent.accepts_from(first, now));
  advance(milliseconds(1));
  EXPECT_FALSE(agent.accepts_from(first, now));
  EXPECT_TRUE(agent.accepts_from(second, now));
}

TEST_F(IceLiteAgentTest, StaysWithoutUseCandidateButReceivesFromTheCheckedAddress) {
  check(first, {.use_candidate = true});
  drain();
  EXPECT_FALSE(check(second).empty());
  EXPECT_EQ(drain(), Names{});
  EXPECT_EQ(agent.selected(), first);
  EXPECT_TRUE(agent.accepts_from(second, now));
  EXPECT_FALSE(agent.accepts_from(second, now + kReceivableFor));
}

TEST_F(IceLiteAgentTest, SaysNothingAgainForTheSamePair) {
  check(first);
  drain();
  check(first, {.use_candidate = true});
  EXPECT_EQ(drain(), Names{});
}

TEST_F(IceLiteAgentTest, RefusesAnOverheardCheckFromAnotherAddress) {
  const Bytes overheard = write({.use_candidate = true});
  const Bytes answer = feed(overheard, first);
  EXPECT_EQ(drain(), Names{"selected 192.0.2.10:1000"});
  EXPECT_TRUE(feed(overheard, stranger).empty());
  EXPECT_EQ(drain(), Names{});
  EXPECT_EQ(agent.selected(), first);
  EXPECT_FALSE(agent.accepts_from(stranger, now));
  // A retransmission from where it came gets the same answer.
  EXPECT_EQ(feed(overheard, first), answer);
}

TEST_F(IceLiteAgentTest, RemembersThirtyTwoTransactions) {
  const Bytes overheard = write({.use_candidate = true});
  feed(overheard, first);
  for (int i = 0; i < 31; ++i) check(first);
  EXPECT_TRUE(feed(overheard, stranger).empty());
  check(first);
  EXPECT_FALSE(feed(overheard, stranger).empty()) << "the ring is larger than its limit says";
}

TEST_F(IceLiteAgentTest, AnswersAWrongPasswordWith401AndChangesNothing) {
  const Bytes answer = check(stranger, {.use_candidate = true, .pwd = "a guess, and a wrong one"});
  EXPECT_EQ(error_in(answer), 401);
  EXPECT_FALSE(StunMessage::parse(answer)->has(attribute::kMessageIntegrity));
  EXPECT_EQ(drain(), Names{});
  EXPECT_FALSE(agent.selected());
  EXPECT_FALSE(agent.next_timeout());
}

TEST_F(IceLiteAgentTest, AnswersAnotherUfragWith401) {
  EXPECT_EQ(error_in(check(first, {.username = "another:browser"})), 401);
  EXPECT_EQ(error_in(check(first, {.username = "gateway"})), 401);
  EXPECT_EQ(error_in(check(first, {.username = "gateway2:browser"})), 401);
  EXPECT_FALSE(agent.selected());
}

TEST_F(IceLiteAgentTest, AnswersARequestWithoutCredentialsWith400ButNeverWithMoreThanItGot) {
  std::array<std::uint8_t, 256> buffer;
  const ByteView bare =
      StunBuilder(buffer, StunClass::Request, kBindingMethod, {}).finish_without_integrity();
  EXPECT_TRUE(feed({bare.begin(), bare.end()}, stranger).empty());
  const ByteView padded = StunBuilder(buffer, StunClass::Request, kBindingMethod, {})
                              .add(attribute::kSoftware, as_bytes("a long name of a program"))
                              .finish_without_integrity();
  const Bytes answer = feed({padded.begin(), padded.end()}, stranger);
  EXPECT_EQ(error_in(answer), 400);
  EXPECT_LE(answer.size(), padded.size());
}

TEST_F(IceLiteAgentTest, AnswersAnUnknownRequiredAttributeWith420) {
  const Bytes answer = check(first, {.use_candidate = true, .extra_attribute = 0x7FFE});
  EXPECT_EQ(error_in(answer), 420);
  EXPECT_EQ(to_hex(*StunMessage::parse(answer)->find(attribute::kUnknownAttributes)), "7ffe");
  EXPECT_FALSE(agent.selected());
}

TEST_F(IceLiteAgentTest, AnswersAControlledPeerButIsNotNominatedByIt) {
  check(first, {.use_candidate = true});
  const Bytes answer = check(second, {.use_candidate = true, .controlled = true});
  EXPECT_EQ(StunMessage::parse(answer)->message_class(), StunClass::Success);
  EXPECT_EQ(agent.selected(), first);
}

TEST_F(IceLiteAgentTest, IgnoresIndicationsResponsesAndOtherMethods) {
  std::array<std::uint8_t, 256> buffer;
  for (const auto message_class : {StunClass::Indication, StunClass::Success, StunClass::Error}) {
    const ByteView datagram = StunBuilder(buffer, message_class, kBindingMethod, {})
                                  .add(attribute::kUsername, as_bytes("gateway:browser"))
                                  .finish(as_bytes(agent.local().pwd));
    EXPECT_TRUE(feed({datagram.begin(), datagram.end()}, first).empty());
  }
  const ByteView allocate = StunBuilder(buffer, StunClass::Request, 0x003, {})
                                .add(attribute::kUsername, as_bytes("gateway:browser"))
                                .finish(as_bytes(agent.local().pwd));
  EXPECT_TRUE(feed({allocate.begin(), allocate.end()}, first).empty());
  EXPECT_FALSE(agent.selected());
}

TEST_F(IceLiteAgentTest, DisconnectsAfterSixSecondsWithoutACheckAndReconnectsOnTheNext) {
  check(first);
  drain();
  EXPECT_EQ(agent.next_timeout(), now + kConsentDoubt);
  advance(kConsentDoubt - milliseconds(1));
  EXPECT_EQ(drain(), Names{});
  check(first, {.pwd = "not authenticated at all"});
  advance(milliseconds(1));
  EXPECT_EQ(drain(), Names{"disconnected"});
  advance(seconds(3));
  check(first);
  EXPECT_EQ(drain(), Names{"reconnected"});
}

TEST_F(IceLiteAgentTest, TimesOutAfterThirtySecondsWithoutACheck) {
  check(first);
  advance(kConsentDoubt);
  drain();
  EXPECT_EQ(agent.next_timeout(), now - kConsentDoubt + kConsentLost);
  advance(kConsentLost - kConsentDoubt - milliseconds(1));
  EXPECT_EQ(drain(), Names{});
  advance(milliseconds(1));
  EXPECT_EQ(drain(), Names{"timed out"});
  EXPECT_FALSE(agent.next_timeout());
  EXPECT_TRUE(check(first).empty());
}

TEST_F(IceLiteAgentTest, TimesOutAtOnceWhenTheClockJumpsOverBothLimits) {
  check(first);
  drain();
  advance(seconds(60));
  EXPECT_EQ(drain(), Names{"timed out"});
}

TEST_F(IceLiteAgentTest, TimesOutThirtySecondsAfterTheRemoteIsKnownWhenNoCheckEverComes) {
  EXPECT_FALSE(agent.next_timeout());
  agent.set_remote({.ufrag = "browser", .pwd = "its password"}, now);
  advance(seconds(10));
  agent.set_remote({.ufrag = "browser", .pwd = "its password"}, now);
  advance(seconds(20) - milliseconds(1));
  EXPECT_EQ(drain(), Names{});
  advance(milliseconds(1));
  EXPECT_EQ(drain(), Names{"timed out"});
}

TEST_F(IceLiteAgentTest, KeepsFourAddressesReceivable) {
  check(first, {.use_candidate = true});
  for (std::uint16_t port = 1; port <= 5; ++port) {
    advance(milliseconds(10));
    check({.address = second.address, .port = port});
  }
  EXPECT_TRUE(agent.accepts_from(first, now)) << "the selected pair is not among the four";
  EXPECT_FALSE(agent.accepts_from({.address = second.address, .port = 1}, now));
  EXPECT_TRUE(agent.accepts_from({.address = second.address, .port = 2}, now));
  EXPECT_TRUE(agent.accepts_from({.address = second.address, .port = 5}, now));
}

TEST(CredentialsTest, AreLongEnoughAndDiffer) {
  SeededRandom random(3);
  const Credentials one = Credentials::make(random);
  const Credentials other = Credentials::make(random);
  EXPECT_EQ(one.ufrag.size(), 8U);
  EXPECT_EQ(one.pwd.size(), 32U);
  EXPECT_NE(one.ufrag, other.ufrag);
  EXPECT_NE(one.pwd, other.pwd);
}

}  // namespace
}  // namespace offhook::ice
