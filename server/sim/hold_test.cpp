#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "call/media_commands.hpp"
#include "media/music.hpp"
#include "rtp/g711.hpp"
#include "rtp/packet.hpp"
#include "sim/media_path.hpp"

// What the far side hears while our user holds, by the commands that the switchboard gives.
namespace offhook::sim {
namespace {

using std::chrono::milliseconds;

class HoldTest : public testing::Test, protected MediaPath {
 protected:
  void SetUp() override {
    set_up();
    run(milliseconds(200));
    ASSERT_TRUE(browser.connected());
    talk(50);
  }
  void hold() {
    command(call::unbridge_legs("bridge"));
    command(call::play_hold_music(std::string(kTrunkLeg)));
  }
  void resume() {
    command(call::stop_playing(std::string(kTrunkLeg)));
    bridge();
  }
  // How many of the packets are the built-in music, piece by piece as it is written.
  static std::size_t count_music(const std::vector<Bytes>& packets) {
    std::size_t at = 0;
    std::size_t count = 0;
    for (const Bytes& packet : packets) {
      std::vector<std::int16_t> samples(rtp::kSamplesPerPacket);
      const std::size_t next = media::Music::built_in().read(at, samples);
      Bytes piece(samples.size());
      rtp::encode(rtp::Law::Mu, samples, piece);
      const auto payload = rtp::PacketView::parse(packet)->payload();
      // The first 5 ms fade in.
      if (!std::ranges::equal(payload.subspan(40), ByteView(piece).subspan(40))) continue;
      at = next;
      ++count;
    }
    return count;
  }
};

TEST_F(HoldTest, TheFarSideHearsMusicFromItsBeginningAndThenTheVoiceAgain) {
  for (int round = 0; round < 2; ++round) {
    run(milliseconds(15));
    hold();
    to_provider.clear();
    to_browser.clear();
    talk(100);
    EXPECT_TRUE(heard(to_provider, Speaker::Browser).empty());
    EXPECT_TRUE(heard(to_browser, Speaker::Provider).empty()) << "who holds wants nothing";
    EXPECT_GE(count_music(to_provider), 98U);
    EXPECT_LE(to_provider.size(), 101U);

    resume();
    run(milliseconds(30));  // what was on its way
    to_provider.clear();
    to_browser.clear();
    talk(50);
    run(milliseconds(30));
    EXPECT_GE(heard(to_provider, Speaker::Browser).size(), 49U);
    EXPECT_GE(heard(to_browser, Speaker::Provider).size(), 49U);
    EXPECT_EQ(count_music(to_provider), 0U);
  }
}

TEST_F(HoldTest, TheFarSidesStreamIsOneAllTheWay) {
  to_provider.clear();
  talk(20);
  hold();
  talk(30);
  resume();
  talk(20);
  ASSERT_GE(to_provider.size(), 68U);
  ASSERT_LE(to_provider.size(), 72U);
  for (std::size_t i = 1; i < to_provider.size(); ++i) {
    const auto before = rtp::PacketView::parse(to_provider[i - 1])->header();
    const auto header = rtp::PacketView::parse(to_provider[i])->header();
    EXPECT_EQ(header.ssrc, before.ssrc);
    EXPECT_EQ(rtp::sequence_distance(before.sequence, header.sequence), 1) << i;
    EXPECT_EQ(rtp::timestamp_distance(before.timestamp, header.timestamp), 160) << i;
  }
}

}  // namespace
}  // namespace offhook::sim
