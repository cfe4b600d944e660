#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"

namespace offhook::dtls {

// An SRTP master key and salt behind each other, as DTLS-SRTP exports and SDES writes them. Wiped
// when it goes.
class KeyAndSalt {
 public:
  KeyAndSalt() = default;
  KeyAndSalt(ByteView key, ByteView salt);  // 46 bytes in all at most
  KeyAndSalt(const KeyAndSalt&) = default;
  KeyAndSalt& operator=(const KeyAndSalt&) = default;
  ~KeyAndSalt();
  [[nodiscard]] ByteView bytes() const { return ByteView(bytes_).first(size_); }

 private:
  std::array<std::uint8_t, 46> bytes_{};
  std::uint8_t size_ = 0;
};

// What an association exports (RFC 5764 4.2).
struct SrtpKeys {
  std::uint16_t profile = 0;  // IANA's number
  KeyAndSalt client;          // protects what the DTLS client sends
  KeyAndSalt server;
};

}  // namespace offhook::dtls
