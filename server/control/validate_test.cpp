#include "control/validate.hpp"

#include <functional>

#include <gtest/gtest.h>

namespace offhook::control {
namespace {

Command command_with(const std::function<void(Command&)>& fill) {
  Command command;
  command.set_sequence(1);
  fill(command);
  return command;
}

bool is_valid(const std::function<void(Command&)>& fill) {
  return validate(command_with(fill)).has_value();
}

SetRemote& good_remote(Command& command) {
  SetRemote& remote = *command.mutable_set_remote();
  remote.set_leg_id("leg");
  remote.mutable_format()->set_codec(AudioFormat::PCMU);
  remote.mutable_format()->set_telephone_event_payload_type(101);
  return remote;
}

SetRemote browser_remote() {
  SetRemote remote;
  remote.set_ice_ufrag("abcd");
  remote.set_ice_pwd("0123456789abcdef012345");
  remote.set_fingerprint_algorithm("sha-256");
  remote.set_fingerprint(std::string(32, 'f'));
  remote.set_dtls_role(SetRemote::PASSIVE);
  return remote;
}

SetRemote trunk_remote() {
  SetRemote remote;
  remote.mutable_rtp()->set_ip("192.0.2.1");
  remote.mutable_rtp()->set_port(10'000);
  remote.set_send(true);
  return remote;
}

TEST(ValidateTest, IdsAreOneTo64LettersDigitsAndHyphens) {
  EXPECT_TRUE(is_valid_id("a"));
  EXPECT_TRUE(is_valid_id(std::string(64, 'Z')));
  for (const std::string& id : {std::string(), std::string(65, 'a'), std::string("a b"),
                                std::string("a_b"), std::string("a\0b", 3), std::string("é")}) {
    EXPECT_FALSE(is_valid_id(id)) << id;
  }
}

TEST(ValidateTest, ASequenceAndAKindAreNeeded) {
  Command command;
  command.mutable_list();
  EXPECT_FALSE(validate(command));
  command.set_sequence(1);
  EXPECT_TRUE(validate(command));
  command.clear_list();
  EXPECT_FALSE(validate(command));
}

TEST(ValidateTest, AllocatingNeedsASideAndAnId) {
  EXPECT_FALSE(is_valid([](Command& c) { c.mutable_allocate_leg()->set_leg_id("a"); }));
  EXPECT_FALSE(
      is_valid([](Command& c) { c.mutable_allocate_leg()->set_side(AllocateLeg::TRUNK); }));
  EXPECT_TRUE(is_valid([](Command& c) {
    c.mutable_allocate_leg()->set_leg_id("a");
    c.mutable_allocate_leg()->set_side(AllocateLeg::TRUNK);
  }));
}

TEST(ValidateTest, AGroupsNameIsAnythingOfABoundedSize) {
  const auto with_group = [](std::size_t size) {
    return is_valid([&](Command& c) {
      c.mutable_allocate_leg()->set_leg_id("a");
      c.mutable_allocate_leg()->set_side(AllocateLeg::TRUNK);
      c.mutable_allocate_leg()->set_group(std::string(size, '@'));
    });
  };
  EXPECT_TRUE(with_group(256));
  EXPECT_FALSE(with_group(257));
}

TEST(ValidateTest, FormatsHaveACodecAndPayloadTypesThatAreNotTakenForRtcp) {
  EXPECT_TRUE(is_valid([](Command& c) { good_remote(c); }));
  EXPECT_FALSE(is_valid([](Command& c) {
    good_remote(c).mutable_format()->set_codec(AudioFormat::CODEC_UNSPECIFIED);
  }));
  for (const std::uint32_t type : {64U, 72U, 95U, 128U}) {
    EXPECT_FALSE(
        is_valid([=](Command& c) { good_remote(c).mutable_format()->set_payload_type(type); }));
  }
  EXPECT_FALSE(
      is_valid([](Command& c) { good_remote(c).mutable_format()->set_payload_type(101); }));
  for (const std::uint32_t ms : {5U, 25U, 70U}) {
    EXPECT_FALSE(
        is_valid([=](Command& c) { good_remote(c).mutable_format()->set_packet_time_ms(ms); }));
  }
}

TEST(ValidateTest, ABridgeNeedsTwoDifferentLegs) {
  const auto bridge = [](const char* a, const char* b) {
    return is_valid([=](Command& c) {
      c.mutable_bridge()->set_bridge_id("bridge");
      c.mutable_bridge()->set_leg_a(a);
      c.mutable_bridge()->set_leg_b(b);
    });
  };
  EXPECT_TRUE(bridge("a", "b"));
  EXPECT_FALSE(bridge("a", "a"));
  EXPECT_FALSE(bridge("a", ""));
}

TEST(ValidateTest, ASoundIsOneOfThoseThatThereAre) {
  const auto play = [](int sound) {
    return is_valid([=](Command& c) {
      c.mutable_play()->set_leg_id("a");
      c.mutable_play()->set_sound(static_cast<Play::Sound>(sound));
    });
  };
  for (const int sound : {Play::RINGBACK, Play::HOLD_MUSIC, Play::BUSY, Play::CONGESTION}) {
    EXPECT_TRUE(play(sound)) << sound;
  }
  EXPECT_FALSE(play(Play::SOUND_UNSPECIFIED));
  EXPECT_FALSE(play(Play::CONGESTION + 1));
}

TEST(ValidateTest, DigitsAndTheirDurationsAreThoseOfRfc4733) {
  const auto digit = [](const char* text, std::uint32_t ms) {
    return is_valid([=](Command& c) {
      c.mutable_send_digit()->set_leg_id("a");
      c.mutable_send_digit()->set_digit(text);
      c.mutable_send_digit()->set_duration_ms(ms);
    });
  };
  EXPECT_TRUE(digit("#", 0));
  EXPECT_TRUE(digit("D", 6'000));
  EXPECT_FALSE(digit("E", 0));
  EXPECT_FALSE(digit("12", 0));
  EXPECT_FALSE(digit("", 0));
  EXPECT_FALSE(digit("1", 39));
  EXPECT_FALSE(digit("1", 6'001));
}

TEST(ValidateTest, ABrowserRemoteNeedsCredentialsAFingerprintAndARole) {
  EXPECT_TRUE(validate_browser(browser_remote()));
  SetRemote remote = browser_remote();
  remote.set_ice_ufrag("abc");
  EXPECT_FALSE(validate_browser(remote));
  remote = browser_remote();
  remote.set_ice_pwd(std::string(257, 'a'));
  EXPECT_FALSE(validate_browser(remote));
  remote = browser_remote();
  remote.set_fingerprint_algorithm("sha-384");
  EXPECT_FALSE(validate_browser(remote));
  remote = browser_remote();
  remote.set_fingerprint_algorithm("md5");
  EXPECT_FALSE(validate_browser(remote));
  remote = browser_remote();
  remote.clear_dtls_role();
  EXPECT_FALSE(validate_browser(remote));
}

TEST(ValidateTest, ATrunkRemoteNeedsAnAddressAndMayBeNowhereOnlyWhileHeld) {
  EXPECT_TRUE(validate_trunk(trunk_remote()));
  SetRemote remote = trunk_remote();
  remote.mutable_rtp()->set_ip("sip.example.com");
  EXPECT_FALSE(validate_trunk(remote));
  remote = trunk_remote();
  remote.mutable_rtp()->set_port(65'536);
  EXPECT_FALSE(validate_trunk(remote));
  remote = trunk_remote();
  remote.clear_rtp();
  EXPECT_FALSE(validate_trunk(remote));
  remote = trunk_remote();
  remote.mutable_rtp()->set_ip("0.0.0.0");
  EXPECT_FALSE(validate_trunk(remote));
  remote.set_send(false);
  EXPECT_TRUE(validate_trunk(remote));
}

TEST(ValidateTest, SdesKeysHaveTheLengthOfTheirProfile) {
  const auto sdes = [](std::uint32_t profile, std::size_t local, std::size_t far) {
    SetRemote remote = trunk_remote();
    remote.mutable_sdes()->set_srtp_profile(profile);
    remote.mutable_sdes()->set_local_key_and_salt(std::string(local, 'k'));
    remote.mutable_sdes()->set_remote_key_and_salt(std::string(far, 'k'));
    return validate_trunk(remote).has_value();
  };
  for (const auto& [profile, size] : {std::pair{1U, 30U}, {2U, 30U}, {7U, 28U}, {8U, 44U}}) {
    EXPECT_TRUE(sdes(profile, size, size)) << profile;
    EXPECT_FALSE(sdes(profile, size + 1, size)) << profile;
    EXPECT_FALSE(sdes(profile, size, size - 1)) << profile;
    EXPECT_FALSE(sdes(profile, size, 0)) << profile;
  }
  for (const std::uint32_t profile : {0U, 3U, 5U, 9U, 0x10001U}) {
    EXPECT_FALSE(sdes(profile, 30, 30)) << profile;
    EXPECT_FALSE(sdes(profile, 0, 0)) << profile;
  }
}

}  // namespace
}  // namespace offhook::control
