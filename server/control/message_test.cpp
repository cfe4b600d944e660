#include "control/message.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace offhook::control {
namespace {

Command release(const std::string& leg_id) {
  Command command;
  command.set_sequence(7);
  command.mutable_release()->set_leg_id(leg_id);
  return command;
}

TEST(MessageTest, CommandsAndEventsSurviveTheWire) {
  const auto packet = encode(release("leg-1"));
  ASSERT_TRUE(packet);
  const auto command = decode_command(as_bytes(*packet));
  ASSERT_TRUE(command);
  EXPECT_EQ(command->sequence(), 7U);
  EXPECT_EQ(command->release().leg_id(), "leg-1");

  Event event;
  event.mutable_digit_received()->set_digit("#");
  const auto decoded = decode_event(as_bytes(*encode(event)));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->digit_received().digit(), "#");
}

TEST(MessageTest, RefusesToEncodeAMessageOverTheLimit) {
  const std::size_t overhead = encode(release(std::string(60'000, 'x')))->size() - 60'000;
  EXPECT_TRUE(encode(release(std::string(limits::kControlMessageBytes - overhead, 'x'))));
  const auto packet =
      encode(release(std::string(limits::kControlMessageBytes - overhead + 1, 'x')));
  ASSERT_FALSE(packet);
  EXPECT_TRUE(packet.error().message.contains("65537")) << packet.error().message;
}

TEST(MessageTest, RefusesAPacketOverTheLimitAndOneThatIsNotOfTheSchema) {
  EXPECT_FALSE(decode_command(Bytes(limits::kControlMessageBytes + 1)));
  EXPECT_FALSE(decode_command(Bytes{0xff, 0xff, 0xff}));
  EXPECT_FALSE(decode_event(to_bytes("GET / HTTP/1.1")));
}

TEST(MessageTest, ACommandOfALaterSchemaDecodesWithoutAKind) {
  // Field 99, length-delimited, 1 byte; after sequence 3.
  const auto command = decode_command(Bytes{0x08, 0x03, 0x9a, 0x06, 0x01, 'x'});
  ASSERT_TRUE(command);
  EXPECT_EQ(command->sequence(), 3U);
  EXPECT_EQ(command->kind_case(), Command::KIND_NOT_SET);
}

}  // namespace
}  // namespace offhook::control
