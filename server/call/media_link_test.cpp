#include "call/media_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "call/media_commands.hpp"

namespace offhook::call {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr LegOwner kOwner{static_cast<CallId>(7), kTrunkLeg};

class MediaLinkTest : public testing::Test {
 protected:
  Time now{std::chrono::seconds(50)};
  MediaLink link{"offhook/test"};

  std::vector<control::Command> commands() {
    std::vector<control::Command> all;
    while (auto output = link.poll_output()) {
      if (auto* send = std::get_if<SendCommand>(&*output)) all.push_back(send->command);
    }
    return all;
  }
  static std::vector<control::Command::KindCase> kinds(const std::vector<control::Command>& all) {
    std::vector<control::Command::KindCase> result;
    for (const auto& command : all) result.push_back(command.kind_case());
    return result;
  }
  auto reply(std::uint64_t sequence, auto fill) {
    control::Event event;
    event.set_in_reply_to(sequence);
    fill(event);
    return link.handle(event, now);
  }
  void greet() {
    link.handle_connected(now);
    const auto greeting = commands();
    (void)reply(greeting[0].sequence(), [](auto& e) { e.mutable_hello()->set_version(1); });
    (void)reply(greeting[1].sequence(), [](auto& e) { e.mutable_leg_list(); });
  }
  std::uint64_t allocate(const std::string& id) {
    link.send(allocate_leg(id, control::AllocateLeg::TRUNK, "user"), kOwner, now);
    return commands().back().sequence();
  }
};

TEST_F(MediaLinkTest, GreetsAndAsksWhatIsThereWhenConnected) {
  EXPECT_FALSE(link.connected());
  link.handle_connected(now);
  const auto greeting = commands();
  EXPECT_THAT(kinds(greeting), ElementsAre(control::Command::kHello, control::Command::kList));
  EXPECT_EQ(greeting[0].hello().version(), 1U);
  EXPECT_FALSE(link.ready(now));
}

TEST_F(MediaLinkTest, IsReadyAfterAHelloOfAKnownVersion) {
  greet();
  EXPECT_TRUE(link.ready(now));
}

TEST_F(MediaLinkTest, IsReadyAfterAHelloThatMediaSendsByItself) {
  link.handle_connected(now);
  (void)reply(0, [](auto& e) { e.mutable_hello()->set_version(1); });
  (void)reply(commands()[1].sequence(), [](auto& e) { e.mutable_leg_list(); });
  EXPECT_TRUE(link.ready(now + MediaLink::kReplyTimeout * 2));
}

TEST_F(MediaLinkTest, IsAwayAfterAHelloWithoutAVersion) {
  link.handle_connected(now);
  (void)reply(commands()[0].sequence(), [](auto& e) { e.mutable_hello(); });
  EXPECT_FALSE(link.connected());
}

TEST_F(MediaLinkTest, ReleasesLegsThatItDoesNotKnowPageByPage) {
  greet();
  (void)allocate("mine");
  (void)reply(0, [](auto& e) {
    e.mutable_leg_list()->add_leg_id("mine");
    e.mutable_leg_list()->add_leg_id("stray-1");
    e.mutable_leg_list()->set_more(true);
  });
  (void)reply(0, [](auto& e) { e.mutable_leg_list()->add_leg_id("stray-2"); });
  const auto all = commands();
  ASSERT_THAT(kinds(all), ElementsAre(control::Command::kRelease, control::Command::kRelease));
  EXPECT_EQ(all[0].release().leg_id(), "stray-1");
  EXPECT_EQ(all[1].release().leg_id(), "stray-2");
}

TEST_F(MediaLinkTest, ForgetsAllLegsWhenLost) {
  greet();
  (void)allocate("leg");
  EXPECT_EQ(link.leg_count(), 1U);
  link.handle_lost();
  EXPECT_EQ(link.leg_count(), 0U);
  EXPECT_EQ(link.next_timeout(), std::nullopt);
}

TEST_F(MediaLinkTest, SendsNothingWhileAway) {
  link.send(allocate_leg("leg", control::AllocateLeg::TRUNK, "user"), kOwner, now);
  EXPECT_THAT(commands(), IsEmpty());
  EXPECT_EQ(link.leg_count(), 0U);
}

TEST_F(MediaLinkTest, NumbersCommandsUpwards) {
  greet();
  const auto first = allocate("a");
  const auto second = allocate("b");
  EXPECT_LT(first, second);
}

TEST_F(MediaLinkTest, DeliversNewsOfALegToItsOwner) {
  greet();
  const auto sequence = allocate("leg");
  const auto allocated =
      reply(sequence, [](auto& e) { e.mutable_leg_allocated()->set_leg_id("leg"); });
  ASSERT_TRUE(allocated);
  EXPECT_EQ(allocated->owner, kOwner);
  EXPECT_FALSE(allocated->fatal);
  const auto timed_out = reply(0, [](auto& e) { e.mutable_timed_out()->set_leg_id("leg"); });
  ASSERT_TRUE(timed_out);
  EXPECT_TRUE(timed_out->fatal);
  EXPECT_FALSE(reply(0, [](auto& e) { e.mutable_timed_out()->set_leg_id("other"); }));
}

TEST_F(MediaLinkTest, TakesARefusedVitalCommandForFatalAndAnotherForACourtesy) {
  greet();
  const auto sequence = allocate("leg");
  const auto vital = reply(sequence, [](auto& e) {
    e.mutable_command_failed()->set_code(control::CommandFailed::NO_RESOURCES);
  });
  ASSERT_TRUE(vital);
  EXPECT_TRUE(vital->fatal);
  link.send(send_digit("leg", '5', 100), kOwner, now);
  EXPECT_FALSE(reply(commands().back().sequence(), [](auto& e) {
    e.mutable_command_failed()->set_code(control::CommandFailed::INVALID);
    e.mutable_command_failed()->set_leg_id("leg");
  }));
}

TEST_F(MediaLinkTest, TakesALegThatMediaDoesNotKnowForLost) {
  greet();
  (void)allocate("leg");
  const auto lost = reply(0, [](auto& e) {
    e.mutable_command_failed()->set_code(control::CommandFailed::UNKNOWN_LEG);
    e.mutable_command_failed()->set_leg_id("leg");
  });
  ASSERT_TRUE(lost);
  EXPECT_TRUE(lost->fatal);
}

TEST_F(MediaLinkTest, CountsALegUntilTheReplyToItsRelease) {
  greet();
  (void)allocate("leg");
  link.send(release_leg("leg"), kOwner, now);
  EXPECT_EQ(link.leg_count(), 1U);
  EXPECT_FALSE(reply(0, [](auto& e) { e.mutable_timed_out()->set_leg_id("leg"); }));
  (void)reply(commands().back().sequence(), [](auto& e) { e.mutable_done(); });
  EXPECT_EQ(link.leg_count(), 0U);
  EXPECT_EQ(link.next_timeout(), std::nullopt);
}

TEST_F(MediaLinkTest, RenewsTheLeasesOfLiveLegsEvery30Seconds) {
  greet();
  (void)allocate("a");
  (void)allocate("b");
  link.send(release_leg("b"), kOwner, now);
  (void)commands();
  ASSERT_EQ(link.next_timeout(), now + std::chrono::seconds(30));
  now += std::chrono::seconds(30);
  link.handle_timeout(now);
  const auto all = commands();
  ASSERT_THAT(kinds(all), ElementsAre(control::Command::kRenewLease));
  EXPECT_THAT(all[0].renew_lease().leg_id(), ElementsAre("a"));
  EXPECT_EQ(link.next_timeout(), now + std::chrono::seconds(30));
}

TEST_F(MediaLinkTest, KeepsEachLeaseMessageSmall) {
  greet();
  for (int i = 0; i < 501; ++i) (void)allocate("leg" + std::to_string(i));
  now += std::chrono::seconds(30);
  link.handle_timeout(now);
  EXPECT_EQ(commands().size(), 2U);
}

TEST_F(MediaLinkTest, IsNotReadyWhenMediaHangs) {
  greet();
  const auto sequence = allocate("leg");
  EXPECT_TRUE(link.ready(now + std::chrono::seconds(4)));
  EXPECT_FALSE(link.ready(now + std::chrono::seconds(5)));
  (void)reply(sequence, [](auto& e) { e.mutable_leg_allocated()->set_leg_id("leg"); });
  EXPECT_TRUE(link.ready(now + std::chrono::seconds(5)));
}

}  // namespace
}  // namespace offhook::call
