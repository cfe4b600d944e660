#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "media/music.hpp"

namespace offhook::media {

// The operator's music on hold. Errors name the file and say what to do about it.
[[nodiscard]] Result<Music> read_music_file(std::string_view file);

}  // namespace offhook::media
