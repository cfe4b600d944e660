#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.hpp"

namespace offhook::provider {

// What the far end of a call gives to hear.
enum class Sound : std::uint8_t {
  Silence,
  Tone,      // 440 Hz
  Echo,      // what came
  ReadBack,  // the digits that came, as tones
};

// What happens when a number is called.
struct Script {
  enum class Answer : std::uint8_t {
    Refuse,
    Ring,
    AtOnce,
    AfterEarlyMedia
  } answer = Answer::Refuse;
  std::uint16_t refusal = 404;   // SIP status
  Duration early_media{};        // a tone, before the answer
  Sound sound = Sound::Silence;  // once answered
  Duration hang_up_after{};      // counted from the answer; zero: never
  Duration call_back_after{};    // counted from the hang-up; zero: never
  bool operator==(const Script&) const = default;
};

// The caller of a call back.
inline constexpr std::string_view kCallBackFrom = "2125550106";

// As dialled, with or without a leading 1; unknown numbers do not exist (404).
[[nodiscard]] Script script_for(std::string_view number);

}  // namespace offhook::provider
