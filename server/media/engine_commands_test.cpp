#include "media/test_engine.hpp"

namespace offhook::media {
namespace {

using control::AllocateLeg;
using control::CommandFailed;

TEST_F(EngineTest, AnswersHelloWithItsVersionAndSoftware) {
  const auto reply = command([](control::Command& c) { c.mutable_hello()->set_version(2); });
  EXPECT_EQ(reply.hello().version(), 1U);
  EXPECT_EQ(reply.hello().software(), "test");
}

TEST_F(EngineTest, TellsWhatTheSdpOfABrowserLegNeeds) {
  const auto allocated = allocate("b", AllocateLeg::BROWSER).leg_allocated();
  EXPECT_EQ(allocated.leg_id(), "b");
  ASSERT_EQ(allocated.candidates_size(), 1);
  EXPECT_EQ(allocated.candidates(0).ip(), "198.51.100.1");
  EXPECT_EQ(allocated.candidates(0).port(), 3478U);
  EXPECT_GE(allocated.ice_ufrag().size(), 4U);
  EXPECT_GE(allocated.ice_pwd().size(), 22U);
  EXPECT_EQ(allocated.fingerprint_algorithm(), "sha-256");
  EXPECT_EQ(allocated.fingerprint().size(), 32U);
  EXPECT_FALSE(allocated.cname().empty());
}

TEST_F(EngineTest, AllocatingTwiceGivesTheSameAnswerAndOneLeg) {
  const auto browser = allocate("b", AllocateLeg::BROWSER).leg_allocated();
  EXPECT_EQ(allocate("b", AllocateLeg::BROWSER).leg_allocated().SerializeAsString(),
            browser.SerializeAsString());
  const auto trunk = allocate("t", AllocateLeg::TRUNK).leg_allocated();
  EXPECT_EQ(allocate("t", AllocateLeg::TRUNK).leg_allocated().SerializeAsString(),
            trunk.SerializeAsString());
  EXPECT_EQ(engine.leg_count(), 2U);
  EXPECT_EQ(ports.opened.size(), 1U);
  EXPECT_EQ(allocate("t", AllocateLeg::BROWSER).command_failed().code(), CommandFailed::INVALID);
}

TEST_F(EngineTest, SaysWhenThereIsNoRoomForALeg) {
  ports.limit = 1;
  EXPECT_TRUE(allocate("t1", AllocateLeg::TRUNK).has_leg_allocated());
  EXPECT_EQ(allocate("t2", AllocateLeg::TRUNK).command_failed().code(),
            CommandFailed::NO_RESOURCES);
  for (int i = 1; i < 400; ++i) {
    ASSERT_TRUE(allocate("b" + std::to_string(i), AllocateLeg::BROWSER).has_leg_allocated());
  }
  const auto failed = allocate("one-too-many", AllocateLeg::BROWSER).command_failed();
  EXPECT_EQ(failed.code(), CommandFailed::NO_RESOURCES);
  EXPECT_EQ(failed.leg_id(), "one-too-many");
}

TEST_F(EngineTest, ReleasingFreesThePortsAndUnknownLegsAreReleasedAlready) {
  connect_trunk("t", "192.0.2.1:10000");
  EXPECT_TRUE(release("t").has_done());
  EXPECT_TRUE(release("t").has_done());
  EXPECT_TRUE(ports.opened.empty());
  EXPECT_EQ(engine.leg_count(), 0U);
  EXPECT_FALSE(engine.next_timeout());
}

TEST_F(EngineTest, ReleasingALegEndsItsBridgeAndTheOtherGoesOn) {
  const SocketId a = connect_trunk("a", "192.0.2.1:10000");
  connect_trunk("b", "192.0.2.2:10000");
  ASSERT_TRUE(bridge("a", "b").has_done());
  EXPECT_EQ(engine.bridge_count(), 1U);
  ASSERT_TRUE(release("b").has_done());
  EXPECT_EQ(engine.bridge_count(), 0U);
  receive(a, "192.0.2.1:10000", make_audio(1));
  take_sent();
  advance(std::chrono::milliseconds(200));
  EXPECT_FALSE(take_rtp(a).empty());
}

TEST_F(EngineTest, ANewBridgeReplacesTheOldOnesOfBothLegs) {
  const SocketId a = connect_trunk("a", "192.0.2.1:10000");
  const SocketId b = connect_trunk("b", "192.0.2.2:10000");
  const SocketId c = connect_trunk("c", "192.0.2.3:10000");
  ASSERT_TRUE(bridge("a", "b", "first").has_done());
  ASSERT_TRUE(bridge("b", "a", "first").has_done());
  EXPECT_EQ(engine.bridge_count(), 1U);
  ASSERT_TRUE(bridge("a", "c", "second").has_done());
  EXPECT_EQ(engine.bridge_count(), 1U);
  take_sent();
  receive(b, "192.0.2.2:10000", make_audio(1));
  EXPECT_TRUE(take_sent().empty());
  receive(c, "192.0.2.3:10000", make_audio(1));
  EXPECT_EQ(take_rtp(a).size(), 1U);
  EXPECT_TRUE(command([](control::Command& cmd) {
                cmd.mutable_unbridge()->set_bridge_id("second");
              }).has_done());
  EXPECT_TRUE(command([](control::Command& cmd) {
                cmd.mutable_unbridge()->set_bridge_id("second");
              }).has_done());
  EXPECT_EQ(engine.bridge_count(), 0U);
}

TEST_F(EngineTest, CommandsForALegThatIsNotThereSaySo) {
  allocate("a", AllocateLeg::TRUNK);
  const auto is_unknown = [](const control::Event& reply) {
    return reply.command_failed().code() == CommandFailed::UNKNOWN_LEG &&
           reply.command_failed().leg_id() == "x";
  };
  EXPECT_TRUE(is_unknown(bridge("a", "x")));
  EXPECT_TRUE(is_unknown(bridge("x", "a")));
  EXPECT_TRUE(is_unknown(set_trunk_remote("x", "192.0.2.1:10000")));
  EXPECT_TRUE(is_unknown(command([](control::Command& c) {
    c.mutable_renew_lease()->add_leg_id("a");
    c.mutable_renew_lease()->add_leg_id("x");
  })));
}

TEST_F(EngineTest, CommandsThatMakeNoSenseAreRefusedWithAReason) {
  allocate("b", AllocateLeg::BROWSER);
  allocate("t", AllocateLeg::TRUNK);
  const auto refused = [](const control::Event& reply) {
    return reply.command_failed().code() == CommandFailed::INVALID &&
           !reply.command_failed().message().empty();
  };
  EXPECT_TRUE(refused(allocate("no spaces", AllocateLeg::TRUNK)));
  EXPECT_TRUE(refused(set_trunk_remote("b", "192.0.2.1:10000")));
  EXPECT_TRUE(refused(set_trunk_remote("t", "192.0.2.1:0")));
  EXPECT_TRUE(refused(command([](control::Command&) {})));
}

TEST_F(EngineTest, ListsEveryLegOnceOverSeveralPages) {
  std::set<std::string> expected;
  for (int i = 0; i < 300; ++i) {
    expected.insert("leg-" + std::to_string(i));
    allocate("leg-" + std::to_string(i), AllocateLeg::BROWSER);
  }
  control::Command list;
  list.set_sequence(999);
  list.mutable_list();
  engine.handle_command(list, now);
  drain();
  ASSERT_EQ(events.size(), 2U);
  std::set<std::string> listed;
  for (const auto& event : events) {
    EXPECT_EQ(event.in_reply_to(), 999U);
    EXPECT_EQ(event.leg_list().total(), 300U);
    listed.insert(event.leg_list().leg_id().begin(), event.leg_list().leg_id().end());
  }
  EXPECT_EQ(listed, expected);
  EXPECT_TRUE(events[0].leg_list().more());
  EXPECT_FALSE(events[1].leg_list().more());
}

TEST_F(EngineTest, ListsNothingAsOneEmptyPage) {
  const auto reply = command([](control::Command& c) { c.mutable_list(); });
  EXPECT_TRUE(reply.has_leg_list());
  EXPECT_EQ(reply.leg_list().total(), 0U);
  EXPECT_FALSE(reply.leg_list().more());
}

}  // namespace
}  // namespace offhook::media
