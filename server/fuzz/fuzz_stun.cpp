#include <array>

#include "base/assert.hpp"
#include "fuzz/target.hpp"
#include "ice/stun.hpp"

// Every view lies inside the datagram, and asking for anything is safe.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  const ByteView datagram(data, size);
  const auto message = ice::StunMessage::parse(datagram);
  if (!message) return 0;
  OFFHOOK_ASSERT(message->size() <= size);
  for (const std::uint16_t type : {ice::attribute::kUsername, ice::attribute::kMessageIntegrity,
                                   ice::attribute::kErrorCode, ice::attribute::kSoftware}) {
    const auto value = message->find(type);
    if (!value || value->empty()) continue;
    OFFHOOK_ASSERT(value->data() >= data && value->data() + value->size() <= data + size);
  }
  (void)message->target_ufrag();
  (void)message->priority();
  (void)message->xor_mapped_address();
  const auto error = message->error_code();
  OFFHOOK_ASSERT(!error || (*error >= 300 && *error < 700));
  std::array<std::uint16_t, 4> unknown{};
  OFFHOOK_ASSERT(message->unknown_required(unknown) <= unknown.size());
  (void)message->has_valid_integrity(as_bytes("a password of an agent"));
  return 0;
}
