#include "media/music_file.hpp"

#include <filesystem>
#include <fstream>

#include "base/limits.hpp"

namespace offhook::media {

Result<Music> read_music_file(std::string_view file) {
  const std::string name(file);
  std::error_code error;
  const auto size = std::filesystem::file_size(name, error);
  if (error) {
    return failure("cannot read " + name + " (" + error.message() +
                   "): is it there, and may this user read it?");
  }
  if (size > limits::kMusicFileBytes) {
    return failure(name + " is larger than " + std::to_string(limits::kMusicFileBytes >> 20U) +
                   " MB; shorten it, or convert it to 8000 samples a second");
  }
  Bytes bytes(size);
  std::ifstream stream(name, std::ios::binary);
  stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  if (!stream) return failure("cannot read " + name + ": is it there, and may this user read it?");
  auto music = Music::from_wav(bytes);
  if (!music) return failure(name + " " + music.error().message);
  return music;
}

}  // namespace offhook::media
