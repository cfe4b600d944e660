#include "media/command_router.hpp"

#include <gtest/gtest.h>

namespace offhook::media {
namespace {

class CommandRouterTest : public testing::Test {
 protected:
  struct Sent {
    std::size_t worker;
    std::uint64_t connection;
    control::Command command;
  };

  std::uint64_t command(const std::function<void(control::Command&)>& fill) {
    control::Command made;
    made.set_sequence(++sequence);
    fill(made);
    router.handle_command(std::move(made));
    drain();
    return sequence;
  }
  // The worker that got it.
  std::size_t allocate(const std::string& leg_id, const std::string& group = "") {
    command([&](control::Command& c) {
      c.mutable_allocate_leg()->set_leg_id(leg_id);
      c.mutable_allocate_leg()->set_side(control::AllocateLeg::TRUNK);
      c.mutable_allocate_leg()->set_group(group);
    });
    return sent.back().worker;
  }
  std::size_t release(const std::string& leg_id) {
    command([&](control::Command& c) { c.mutable_release()->set_leg_id(leg_id); });
    return sent.back().worker;
  }
  void reply(std::uint64_t to, const std::function<void(control::Event&)>& fill) {
    control::Event event;
    event.set_in_reply_to(to);
    fill(event);
    router.handle_event(connection, std::move(event));
    drain();
  }
  void drain() {
    while (auto output = router.poll_output()) {
      if (auto* to = std::get_if<CommandRouter::ToWorker>(&*output)) {
        sent.push_back({to->worker, to->connection, std::move(to->command)});
      } else {
        events.push_back(std::move(std::get<CommandRouter::ToSignal>(*output).event));
      }
    }
  }

  CommandRouter router{3};
  std::uint64_t sequence = 0;
  std::uint64_t connection = 0;
  std::vector<Sent> sent;
  std::vector<control::Event> events;
};

TEST_F(CommandRouterTest, ANewLegGoesToTheLeastLoadedWorker) {
  EXPECT_EQ(allocate("a"), 0U);
  EXPECT_EQ(allocate("b"), 1U);
  EXPECT_EQ(allocate("c"), 2U);
  release("b");
  EXPECT_EQ(allocate("d"), 1U);
}

TEST_F(CommandRouterTest, LegsOfAGroupGoToOneWorkerAsLongAsItHasAny) {
  allocate("a", "alice");
  EXPECT_EQ(allocate("b", "bob"), 1U);
  EXPECT_EQ(allocate("c", "alice"), 0U);
  EXPECT_EQ(allocate("d", "alice"), 0U);
  release("a");
  EXPECT_EQ(allocate("e", "alice"), 0U);
  for (const char* leg : {"c", "d", "e"}) release(leg);
  allocate("f");
  EXPECT_EQ(allocate("g", "alice"), 2U);
}

TEST_F(CommandRouterTest, ALegsCommandsGoToItsWorkerAndTheSameAllocationAgainToo) {
  allocate("a");
  allocate("b");
  EXPECT_EQ(allocate("b"), 1U);
  EXPECT_EQ(router.legs_on(1), 1U);
  command([](control::Command& c) {
    c.mutable_set_remote()->set_leg_id("b");
    c.mutable_set_remote()->mutable_format()->set_codec(control::AudioFormat::PCMU);
  });
  EXPECT_EQ(sent.back().worker, 1U);
  command([](control::Command& c) { c.mutable_get_statistics()->set_leg_id("b"); });
  EXPECT_EQ(sent.back().worker, 1U);
  EXPECT_EQ(release("b"), 1U);
  EXPECT_EQ(router.legs_on(1), 0U);
  EXPECT_EQ(release("b"), 0U);  // any can say that there is none
}

TEST_F(CommandRouterTest, ALegThatThereWasNoRoomForIsForgotten) {
  allocate("a");
  reply(sequence, [](control::Event& e) {
    e.mutable_command_failed()->set_code(control::CommandFailed::NO_RESOURCES);
    e.mutable_command_failed()->set_leg_id("a");
  });
  EXPECT_EQ(router.legs_on(0), 0U);
  EXPECT_EQ(events.size(), 1U);
}

TEST_F(CommandRouterTest, StatisticsOfTheProcessAreTheSumsOfAllWorkers) {
  const auto asked = command([](control::Command& c) { c.mutable_get_engine_statistics(); });
  ASSERT_EQ(sent.size(), 3U);
  for (std::uint32_t worker = 1; worker <= 3; ++worker) {
    EXPECT_TRUE(events.empty());
    reply(asked, [&](control::Event& e) {
      control::EngineStatistics& statistics = *e.mutable_engine_statistics();
      statistics.set_browser_legs(worker);
      statistics.set_trunk_legs(10 * worker);
      statistics.set_bridges(100 * worker);
      for (auto* side : {statistics.mutable_browser(), statistics.mutable_trunk()}) {
        side->set_packets_received(worker);
        side->set_bytes_received(2 * worker);
        side->set_packets_sent(3 * worker);
        side->set_bytes_sent(4 * worker);
        side->set_packets_lost(5 * worker);
        side->set_packets_dropped(6 * worker);
        side->mutable_rejected()->set_replayed(7 * worker);
      }
      statistics.mutable_rejected_without_leg()->set_unknown_source(8 * worker);
    });
  }
  ASSERT_EQ(events.size(), 1U);
  const control::EngineStatistics& sum = events[0].engine_statistics();
  EXPECT_EQ(sum.browser_legs(), 6U);
  EXPECT_EQ(sum.trunk_legs(), 60U);
  EXPECT_EQ(sum.bridges(), 600U);
  for (const auto& side : {sum.browser(), sum.trunk()}) {
    EXPECT_EQ(side.packets_received(), 6U);
    EXPECT_EQ(side.bytes_received(), 12U);
    EXPECT_EQ(side.packets_sent(), 18U);
    EXPECT_EQ(side.bytes_sent(), 24U);
    EXPECT_EQ(side.packets_lost(), 30U);
    EXPECT_EQ(side.packets_dropped(), 36U);
    EXPECT_EQ(side.rejected().replayed(), 42U);
  }
  EXPECT_EQ(sum.rejected_without_leg().unknown_source(), 48U);
}

TEST_F(CommandRouterTest, WhatMakesNoSenseIsNotRemembered) {
  command([](control::Command& c) { c.mutable_allocate_leg()->set_leg_id("a"); });  // no side
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(router.legs_on(0), 0U);
}

TEST_F(CommandRouterTest, ABridgeGoesToTheWorkerOfItsLegsAndNeverAcrossTwo) {
  allocate("x");
  allocate("a", "alice");
  allocate("b", "alice");
  const auto bridge = [&](const std::string& a, const std::string& b) {
    return command([&](control::Command& c) {
      c.mutable_bridge()->set_bridge_id("bridge");
      c.mutable_bridge()->set_leg_a(a);
      c.mutable_bridge()->set_leg_b(b);
    });
  };
  bridge("a", "b");
  EXPECT_EQ(sent.back().worker, 1U);
  // The worker that has a leg says that it has not the other.
  bridge("a", "nobody");
  EXPECT_EQ(sent.back().worker, 1U);
  bridge("nobody", "a");
  EXPECT_EQ(sent.back().worker, 1U);
  EXPECT_TRUE(events.empty());
  const std::size_t before = sent.size();
  const std::uint64_t refused = bridge("a", "x");
  EXPECT_EQ(sent.size(), before);
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].in_reply_to(), refused);
  EXPECT_EQ(events[0].command_failed().code(), control::CommandFailed::INVALID);
}

TEST_F(CommandRouterTest, AllWorkersGetAHelloAndSignalOneAnswer) {
  const std::uint64_t hello =
      command([](control::Command& c) { c.mutable_hello()->set_version(1); });
  EXPECT_EQ(sent.size(), 3U);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(events.empty());
    reply(hello, [](control::Event& e) { e.mutable_hello()->set_version(1); });
  }
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].has_hello());
}

TEST_F(CommandRouterTest, ARenewalIsSplitAndOneFailureIsTheAnswer) {
  allocate("a");
  allocate("b");
  allocate("c");
  sent.clear();
  const std::uint64_t renewal = command([](control::Command& c) {
    for (const char* leg : {"a", "b", "gone"}) c.mutable_renew_lease()->add_leg_id(leg);
  });
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].command.renew_lease().leg_id_size(), 2);  // a, and gone
  EXPECT_EQ(sent[1].command.renew_lease().leg_id(0), "b");
  reply(renewal, [](control::Event& e) {
    e.mutable_command_failed()->set_code(control::CommandFailed::UNKNOWN_LEG);
  });
  reply(renewal, [](control::Event& e) { e.mutable_done(); });
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(events[0].has_command_failed());
}

TEST_F(CommandRouterTest, ARenewalOfNothingIsAnsweredToo) {
  command([](control::Command& c) { c.mutable_renew_lease(); });
  EXPECT_EQ(sent.size(), 1U);
}

TEST_F(CommandRouterTest, PagesOfAllWorkersAreOneList) {
  const std::uint64_t list = command([](control::Command& c) { c.mutable_list(); });
  const auto page = [&](std::initializer_list<const char*> legs, std::uint32_t total, bool more) {
    reply(list, [&](control::Event& e) {
      for (const char* leg : legs) e.mutable_leg_list()->add_leg_id(leg);
      e.mutable_leg_list()->set_total(total);
      e.mutable_leg_list()->set_bridges(1);
      e.mutable_leg_list()->set_more(more);
    });
  };
  page({"a", "b"}, 3, true);
  page({}, 0, false);
  page({"c"}, 3, false);
  EXPECT_TRUE(events.empty());
  page({"d"}, 1, false);
  ASSERT_EQ(events.size(), 3U);
  std::string legs;
  for (const control::Event& event : events) {
    EXPECT_EQ(event.in_reply_to(), list);
    EXPECT_EQ(event.leg_list().total(), 4U);
    EXPECT_EQ(event.leg_list().bridges(), 3U);
    EXPECT_EQ(event.leg_list().more(), &event != &events.back());
    for (const std::string& leg : event.leg_list().leg_id()) legs += leg;
  }
  EXPECT_EQ(legs, "abcd");
}

TEST_F(CommandRouterTest, AnEmptyListIsOnePage) {
  const std::uint64_t list = command([](control::Command& c) { c.mutable_list(); });
  for (int i = 0; i < 3; ++i) reply(list, [](control::Event& e) { e.mutable_leg_list(); });
  ASSERT_EQ(events.size(), 1U);
  EXPECT_FALSE(events[0].leg_list().more());
}

TEST_F(CommandRouterTest, RepliesToASignalProcessThatIsGoneAreDroppedAndNewsAreNot) {
  const std::uint64_t hello =
      command([](control::Command& c) { c.mutable_hello()->set_version(1); });
  allocate("a");
  router.handle_connected();
  sequence = 0;
  command([](control::Command& c) { c.mutable_hello()->set_version(1); });
  EXPECT_EQ(sent.back().connection, 1U);
  for (int i = 0; i < 3; ++i) reply(hello, [](control::Event& e) { e.mutable_hello(); });
  reply(2, [](control::Event& e) {
    e.mutable_command_failed()->set_code(control::CommandFailed::NO_RESOURCES);
    e.mutable_command_failed()->set_leg_id("a");
  });
  EXPECT_TRUE(events.empty());
  EXPECT_EQ(router.legs_on(0), 0U);
  reply(0, [](control::Event& e) { e.mutable_connected()->set_leg_id("a"); });
  EXPECT_EQ(events.size(), 1U);
}

}  // namespace
}  // namespace offhook::media
