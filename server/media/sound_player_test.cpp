#include "media/sound_player.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include <gtest/gtest.h>

#include "rtp/ramp.hpp"

namespace offhook::media {
namespace {

using Piece = std::vector<std::int16_t>;

// Alike at every place, so that a piece shows what was done to it.
const Music& loud() {
  static const Music music(std::vector<float>{1.0F});
  return music;
}
const Music& low() {
  static const Music music(std::vector<float>{-1.0F});
  return music;
}

Piece next(SoundPlayer& player) {
  Piece piece(160);
  player.fill(piece);
  return piece;
}

int steepest(const Piece& piece) {
  int step = 0;
  for (std::size_t i = 1; i < piece.size(); ++i) {
    step = std::max(step, std::abs(piece[i] - piece[i - 1]));
  }
  return step;
}

class SoundPlayerTest : public testing::Test {
 protected:
  const std::int16_t level_ = [] {
    Piece piece(1);
    (void)loud().read(0, piece);
    return piece[0];
  }();
  SoundPlayer player_;
};

TEST_F(SoundPlayerTest, ASoundFadesInAndStays) {
  player_.play(Sound(loud()));
  const Piece first = next(player_);
  EXPECT_LT(first[0], level_ / 100);
  EXPECT_TRUE(std::ranges::is_sorted(first));
  EXPECT_EQ(first[rtp::kRampSamples], level_);
  EXPECT_EQ(next(player_), Piece(160, level_));
}

TEST_F(SoundPlayerTest, AStoppedSoundFadesOutInTheNextPiece) {
  player_.play(Sound(loud()));
  (void)next(player_);
  player_.stop();
  EXPECT_FALSE(player_.playing());
  EXPECT_TRUE(player_.fading());
  const Piece last = next(player_);
  EXPECT_GT(last[0], level_ - level_ / 100);
  EXPECT_TRUE(std::ranges::is_sorted(last, std::greater{}));
  EXPECT_EQ(last[rtp::kRampSamples], 0);
  EXPECT_FALSE(player_.fading());
  EXPECT_EQ(next(player_), Piece(160, 0));
}

TEST_F(SoundPlayerTest, ANewSoundTakesOverFromTheOld) {
  player_.play(Sound(loud()));
  (void)next(player_);
  player_.play(Sound(low()));
  const Piece piece = next(player_);
  EXPECT_GT(piece[0], level_ - level_ / 50);
  EXPECT_EQ(piece[rtp::kRampSamples], -level_);
  EXPECT_LT(steepest(piece), level_ / 10);
}

TEST_F(SoundPlayerTest, ASoundThatNobodyHeardDoesNotFadeOut) {
  player_.play(Sound(loud()));
  (void)next(player_);
  player_.play(Sound(low()));
  player_.play(Sound(low()));
  EXPECT_GT(next(player_)[0], level_ / 2) << "the one that was heard does";
  player_.play(Sound(loud()));
  player_.interrupt();
  player_.stop();
  EXPECT_FALSE(player_.fading());
}

TEST_F(SoundPlayerTest, SoundFromElsewhereIsLedToSilence) {
  player_.follow(10'000);
  const Piece piece = next(player_);
  EXPECT_GT(piece[0], 9'900);
  EXPECT_TRUE(std::ranges::is_sorted(piece, std::greater{}));
  EXPECT_EQ(piece[rtp::kRampSamples], 0);
  EXPECT_EQ(next(player_), Piece(160, 0));
}

TEST_F(SoundPlayerTest, AStoppedSoundFadesIntoSoundFromElsewhere) {
  for (const rtp::Law law : {rtp::Law::Mu, rtp::Law::A}) {
    player_.play(Sound(loud()));
    (void)next(player_);
    player_.stop();
    Bytes payload(160, rtp::encode_sample(law, -5'000));
    player_.fade_into(law, payload);
    EXPECT_FALSE(player_.fading());
    Piece piece(160);
    rtp::decode(law, payload, piece);
    EXPECT_NEAR(piece[0], level_, level_ / 20);
    EXPECT_LT(steepest(piece), 800);
    EXPECT_EQ(payload[rtp::kRampSamples], rtp::encode_sample(law, -5'000))
        << "the rest is as it was";
    Bytes next_payload(160, 0x12);
    player_.fade_into(law, next_payload);
    EXPECT_EQ(next_payload, Bytes(160, 0x12));
  }
}

TEST_F(SoundPlayerTest, APacketShorterThanTheFadeIsNoTrouble) {
  player_.play(Sound(loud()));
  (void)next(player_);
  player_.stop();
  Bytes payload(7, rtp::silence(rtp::Law::Mu));
  player_.fade_into(rtp::Law::Mu, payload);
  EXPECT_NE(payload[0], rtp::silence(rtp::Law::Mu));
}

TEST_F(SoundPlayerTest, AfterAnInterruptionASoundFadesInAgain) {
  player_.play(Sound(loud()));
  (void)next(player_);
  player_.interrupt();
  const Piece piece = next(player_);
  EXPECT_LT(piece[0], level_ / 100);
  EXPECT_EQ(piece[rtp::kRampSamples], level_);
}

}  // namespace
}  // namespace offhook::media
