#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace offhook::sim {

// A fault that a world brings into a gateway without one, at what it says and hears: whether the
// world's rules would find such a gateway out.
enum class PlantedBug : std::uint8_t {
  None,
  LostTimer,         // from some moment on no timer of the gateway ends any more
  DoubleAnswer,      // a second, different final answer to an INVITE
  LeakedLeg,         // a leg of media is never released
  LeakedCredential,  // a digest response goes to a browser
  WrongCounter,      // one call is counted too many: by the world, which cannot reach the counters
  LostRecord,        // a call has no record
};

struct NamedBug {
  std::string_view name;
  PlantedBug bug;
};
inline constexpr std::array kPlantedBugs{
    NamedBug{"lost-timer", PlantedBug::LostTimer},
    NamedBug{"double-answer", PlantedBug::DoubleAnswer},
    NamedBug{"leaked-leg", PlantedBug::LeakedLeg},
    NamedBug{"leaked-credential", PlantedBug::LeakedCredential},
    NamedBug{"wrong-counter", PlantedBug::WrongCounter},
    NamedBug{"lost-record", PlantedBug::LostRecord},
};

}  // namespace offhook::sim
