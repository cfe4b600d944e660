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
  Bytes feed(const Bytes& datagram, const Path& path) {
    const auto message = StunMessage::parse(datagram);
    std::array<std::uint8_t, kMaxStunResponseBytes> response;
    const ByteView answer = agent.handle(message.value(), path, now, response);
    return {answer.begin(), answer.end()};
  }

  Bytes check(const Path& path, const Check& check = {}) { return feed(write(check), path); }

  static std::string name(const Path& path) {
    return path.remote.to_string() + (path.socket == 0 ? "" : " at " + std::to_string(path.socket));
  }

  // Names of the outputs so far, in order.
  std::vector<std::string> drain() {
    std::vector<std::string> names;
    while (auto output = agent.poll_output()) {
      if (const auto* pair = std::get_if<PairSelected>(&*output)) {
        names.push_back("selected " + name(pair->path));
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

  // A check under the credentials of restart(restarted).
  static Check under_new() {
    return {.username = "restarted:browser", .pwd = "another password of ours"};
  }

  static std::optional<int> error_in(const Bytes& answer) {
    const auto message = StunMessage::parse(answer);
    return message ? message->error_code() : std::nullopt;
  }

  using Names = std::vector<std::string>;
  const Credentials restarted{.ufrag = "restarted", .pwd = "another password of ours"};
  SeededRandom random{1};
  Time now{seconds(1000)};
  IceLiteAgent agent{{.ufrag = "gateway", .pwd = "the gateway's password"}};
  const Path first{0, *Endpoint::parse("192.0.2.10:1000")};
  const Path second{0, *Endpoint::parse("198.51.100.20:2000")};
  const Path stranger{0, *Endpoint::parse("203.0.113.66:6666")};
  // The same browser port, checking another socket of ours.
  const Path first_elsewhere{7, first.remote};
};

TEST_F(IceLiteAgentTest, AnswersACheckWithTheMappedAddressAndItsPassword) {
  const TransactionId id{9, 8, 7};
  const Bytes answer = check(first, {.id = id});
  const auto message = StunMessage::parse(answer);
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->message_class(), StunClass::Success);
  EXPECT_EQ(message->transaction_id(), id);
  EXPECT_EQ(message->xor_mapped_address(), first.remote);
  EXPECT_TRUE(message->has_fingerprint());
  EXPECT_TRUE(message->has_valid_integrity(as_bytes(agent.local().pwd)));
}

TEST_F(IceLiteAgentTest, SelectsTheFirstCheckedPathBeforeTheRemoteIsKnown) {
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

TEST_F(IceLiteAgentTest, StaysWithoutUseCandidateButReceivesFromTheCheckedPath) {
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
  EXPECT_TRUE(feed(overheard, first_elsewhere).empty()) << "a socket of ours is part of the path";
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

TEST_F(IceLiteAgentTest, MovesToAnotherSocketOfOursForTheSameAddress) {
  check(first, {.use_candidate = true});
  drain();
  EXPECT_FALSE(agent.accepts_from(first_elsewhere, now));
  check(first_elsewhere, {.use_candidate = true});
  EXPECT_EQ(drain(), Names{"selected 192.0.2.10:1000 at 7"});
  EXPECT_TRUE(agent.accepts_from(first, now));
  EXPECT_FALSE(agent.accepts_from(first, now + kReceivableFor));
  EXPECT_TRUE(agent.accepts_from(first_elsewhere, now + kReceivableFor));
}

TEST_F(IceLiteAgentTest, AnswersOverIpv6WithTheMappedAddress) {
  const Path v6{1, *Endpoint::parse("[2001:db8::7]:1000")};
  const Bytes answer = check(v6, {.use_candidate = true});
  EXPECT_LE(answer.size(), kMaxStunResponseBytes);
  EXPECT_EQ(StunMessage::parse(answer)->xor_mapped_address(), v6.remote);
  EXPECT_EQ(agent.selected(), v6);
}

TEST_F(IceLiteAgentTest, TellsAControlledPeerToControlAndBelievesNothingElseOfIt) {
  check(first, {.use_candidate = true});
  drain();
  const Bytes answer = check(second, {.use_candidate = true, .controlled = true});
  EXPECT_EQ(error_in(answer), 487);
  EXPECT_TRUE(StunMessage::parse(answer)->has_valid_integrity(as_bytes(agent.local().pwd)));
  EXPECT_EQ(agent.selected(), first);
  EXPECT_FALSE(agent.accepts_from(second, now));
  advance(kConsentDoubt - milliseconds(1));
  check(first, {.controlled = true});
  advance(milliseconds(1));
  EXPECT_EQ(drain(), Names{"disconnected"}) << "its checks are no consent";
  // As RFC 8445 7.2.5.1 has it answer.
  check(second, {.use_candidate = true});
  EXPECT_EQ(drain(), (Names{"selected 198.51.100.20:2000", "reconnected"}));
}

TEST_F(IceLiteAgentTest, KeepsThePairAndBothCredentialsAfterARestart) {
  check(first, {.use_candidate = true});
  drain();
  agent.restart(restarted, now);
  EXPECT_EQ(agent.local().ufrag, "restarted");
  EXPECT_EQ(agent.selected(), first);
  EXPECT_EQ(drain(), Names{});
  advance(seconds(5));
  const Bytes answer = check(first, {.use_candidate = true});
  EXPECT_TRUE(StunMessage::parse(answer)->has_valid_integrity(as_bytes("the gateway's password")));
  // Under the new ones without a nomination: media stays where it was.
  EXPECT_TRUE(
      StunMessage::parse(check(second, under_new()))->has_valid_integrity(as_bytes(restarted.pwd)));
  EXPECT_EQ(agent.selected(), first);
  EXPECT_TRUE(agent.accepts_from(second, now));
}

TEST_F(IceLiteAgentTest, ForgetsTheOldCredentialsWithTheFirstCheckUnderTheNew) {
  check(first, {.use_candidate = true});
  agent.restart(restarted, now);
  Check wrong = under_new();
  wrong.pwd = "the gateway's password";
  EXPECT_EQ(error_in(check(second, wrong)), 401) << "the old password for the new ufrag";
  EXPECT_EQ(error_in(check(first)), std::nullopt);
  Check nominating = under_new();
  nominating.use_candidate = true;
  check(second, nominating);
  EXPECT_EQ(agent.selected(), second);
  EXPECT_EQ(error_in(check(first, {.use_candidate = true})), 401);
  EXPECT_EQ(agent.selected(), second);
  EXPECT_TRUE(agent.accepts_from(first, now)) << "as after every move";
}

TEST_F(IceLiteAgentTest, ForgetsARestartThatWasNeverUsedWhenAnotherFollows) {
  check(first, {.use_candidate = true});
  agent.restart(restarted, now);
  agent.restart({.ufrag = "again", .pwd = "yet another password here"}, now);
  EXPECT_EQ(error_in(check(second, under_new())), 401);
  EXPECT_EQ(error_in(check(first)), std::nullopt) << "what is in use still holds";
  const Check newest{.username = "again:browser", .pwd = "yet another password here"};
  EXPECT_EQ(error_in(check(second, newest)), std::nullopt);
  EXPECT_EQ(error_in(check(first)), 401);
  agent.restart(restarted, now);
  EXPECT_EQ(error_in(check(second, newest)), std::nullopt);
  EXPECT_EQ(error_in(check(first)), 401) << "what was forgotten does not come back";
}

TEST_F(IceLiteAgentTest, WaitsThirtySecondsMoreForABrowserThatRestartedWhileAway) {
  check(first);
  advance(seconds(29));
  EXPECT_EQ(drain(), (Names{"selected 192.0.2.10:1000", "disconnected"}));
  agent.restart(restarted, now);
  EXPECT_EQ(agent.next_timeout(), now + kConsentLost);
  advance(seconds(29));
  EXPECT_EQ(drain(), Names{});
  check(second, under_new());
  EXPECT_EQ(drain(), Names{"reconnected"});
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

TEST_F(IceLiteAgentTest, ReconnectsWithTheNextCheckOnAnyPath) {
  check(first);
  advance(kConsentDoubt);
  drain();
  check(second);
  EXPECT_EQ(drain(), Names{"reconnected"});
  EXPECT_EQ(agent.selected(), first) << "it was not nominated";
  EXPECT_EQ(agent.next_timeout(), now + kConsentDoubt);
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

TEST_F(IceLiteAgentTest, KeepsFourPathsReceivable) {
  const auto at_port = [&](std::uint16_t port) {
    return Path{0, {.address = second.remote.address, .port = port}};
  };
  check(first, {.use_candidate = true});
  for (std::uint16_t port = 1; port <= 5; ++port) {
    advance(milliseconds(10));
    check(at_port(port));
  }
  EXPECT_TRUE(agent.accepts_from(first, now)) << "the selected pair is not among the four";
  EXPECT_FALSE(agent.accepts_from(at_port(1), now));
  EXPECT_TRUE(agent.accepts_from(at_port(2), now));
  EXPECT_TRUE(agent.accepts_from(at_port(5), now));
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
