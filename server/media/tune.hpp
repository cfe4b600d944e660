#pragma once

#include <vector>

namespace offhook::media {

// The built-in music on hold: eight slow bars of broken chords under a few long notes, at 8 kHz.
// Written for this project, made of nothing but sines, so nobody's but its own. It begins where it
// ends: what has not died away at the end sounds on at the beginning. The loudness is left to the
// caller.
[[nodiscard]] std::vector<float> compose_tune();

}  // namespace offhook::media
