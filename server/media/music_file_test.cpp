#include "media/music_file.hpp"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/limits.hpp"

namespace offhook::media {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
namespace fs = std::filesystem;

class MusicFileTest : public testing::Test {
 protected:
  ~MusicFileTest() override { fs::remove(file_); }

  std::string error_with(const std::string& content) {
    std::ofstream(file_, std::ios::binary) << content;
    const auto music = read_music_file(file_.string());
    return music ? "" : music.error().message;
  }

  const fs::path file_ =
      fs::temp_directory_path() / ("offhook-music-" + std::to_string(::getpid()) + ".wav");
};

TEST_F(MusicFileTest, AFileIsReadWhole) {
  // Mu-law at 8 kHz, a second of a square wave.
  std::string wav("RIFF....WAVEfmt \x10\0\0\0\x07\0\x01\0\x40\x1F\0\0\x40\x1F\0\0\x01\0\x08\0", 36);
  wav += std::string("data\x40\x1F\0\0", 8);
  for (int i = 0; i < 8'000; ++i) wav += i / 10 % 2 == 0 ? '\x20' : '\xA0';
  EXPECT_EQ(error_with(wav), "");
  const auto music = read_music_file(file_.string());
  ASSERT_TRUE(music);
  EXPECT_EQ(music->size(), 8'000U);
}

TEST_F(MusicFileTest, WhatIsWrongIsSaidWithTheFilesName) {
  EXPECT_THAT(error_with("an MP3 file"), StartsWith(file_.string() + " is no WAV file"));
  fs::remove(file_);
  EXPECT_THAT(read_music_file(file_.string()).error().message,
              StartsWith("cannot read " + file_.string() + " (No such file"));
  EXPECT_THAT(read_music_file("/").error().message, HasSubstr("cannot read /"));
}

TEST_F(MusicFileTest, AFileOverTheLimitIsNotRead) {
  std::ofstream(file_).close();
  fs::resize_file(file_, limits::kMusicFileBytes + 1);  // a hole, which costs nothing
  EXPECT_THAT(read_music_file(file_.string()).error().message, HasSubstr("is larger than 128 MB"));
}

}  // namespace
}  // namespace offhook::media
