#include "sdp/static_payloads.hpp"

#include <array>
#include <string_view>

namespace offhook::sdp {
namespace {

struct StaticPayload {
  std::uint8_t payload_type;
  std::string_view encoding;
  std::uint32_t clock_rate;
};

// The audio ones of one channel; G722's clock rate is wrong by history and stays so (RFC
// 3551 4.5.2).
constexpr std::array kStaticPayloads{
    StaticPayload{0, "PCMU", 8'000},   StaticPayload{3, "GSM", 8'000},
    StaticPayload{4, "G723", 8'000},   StaticPayload{5, "DVI4", 8'000},
    StaticPayload{6, "DVI4", 16'000},  StaticPayload{7, "LPC", 8'000},
    StaticPayload{8, "PCMA", 8'000},   StaticPayload{9, "G722", 8'000},
    StaticPayload{11, "L16", 44'100},  StaticPayload{12, "QCELP", 8'000},
    StaticPayload{13, "CN", 8'000},    StaticPayload{14, "MPA", 90'000},
    StaticPayload{15, "G728", 8'000},  StaticPayload{16, "DVI4", 11'025},
    StaticPayload{17, "DVI4", 22'050}, StaticPayload{18, "G729", 8'000},
};

}  // namespace

PayloadFormat static_format(std::uint8_t payload_type) {
  for (const StaticPayload& known : kStaticPayloads) {
    if (known.payload_type != payload_type) continue;
    return {.payload_type = payload_type,
            .encoding = std::string(known.encoding),
            .clock_rate = known.clock_rate};
  }
  return {.payload_type = payload_type};
}

}  // namespace offhook::sdp
